"""Publishes a tone and a test picture by WHIP with GStreamer's webrtcbin: publish_by_gstreamer.py URL TOKEN SECONDS

The element whipclientsink, which docs/webrtc.md shows, is webrtcbin with the few requests below. Debian has no package
of it.
"""

import sys
import urllib.parse
import urllib.request

import gi

for library in ("Gst", "GstSdp", "GstWebRTC"):
    gi.require_version(library, "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

url, token, seconds = *sys.argv[1:3], float(sys.argv[3])
Gst.init(None)
pipeline = Gst.parse_launch("""
  webrtcbin name=peer bundle-policy=max-bundle
  audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! queue ! opusenc ! rtpopuspay pt=97
    ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
  videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! videoconvert ! queue
    ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay pt=96
    ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
""")
peer = pipeline.get_by_name("peer")
loop = GLib.MainLoop()
resource = None


def request(method, address, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    return urllib.request.urlopen(urllib.request.Request(address, body, headers, method=method))


def description(kind, text):
    _, message = GstSdp.SDPMessage.new_from_text(text)
    return GstWebRTC.WebRTCSessionDescription.new(kind, message)


def on_negotiation_needed(element):
    element.emit("create-offer", None, Gst.Promise.new_with_change_func(on_offer, None))


def on_offer(promise, _):
    promise.wait()
    reply = promise.get_reply()
    offer = reply.get_value("offer").sdp.as_text()
    peer.emit("set-local-description", description(GstWebRTC.WebRTCSDPType.OFFER, offer), None)


def on_gathering(element, _):
    global resource
    if element.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        return
    offer = element.get_property("local-description").sdp.as_text()
    with request("POST", url, offer.encode()) as response:
        resource = urllib.parse.urljoin(url, response.headers["Location"])
        answer = response.read().decode()
    peer.emit("set-remote-description", description(GstWebRTC.WebRTCSDPType.ANSWER, answer), None)


def on_connection(element, _):
    if element.get_property("connection-state") == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
        GLib.timeout_add(int(seconds * 1000), loop.quit)


def on_error(_, message):
    print(message.parse_error(), file=sys.stderr)
    loop.quit()


peer.connect("on-negotiation-needed", on_negotiation_needed)
peer.connect("notify::ice-gathering-state", on_gathering)
peer.connect("notify::connection-state", on_connection)
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::error", on_error)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
if resource is not None:
    request("DELETE", resource).close()
pipeline.set_state(Gst.State.NULL)
