"""Publishes a tone and a test picture by WHIP with FFmpeg's own muxer, in real time: publish_by_ffmpeg.py URL TOKEN SECONDS

PyAV holds FFmpeg as a library. This is what the command line in docs/webrtc.md does; Debian's FFmpeg is too old for it.
"""

import heapq
import sys
import time

import av

url, token, seconds = *sys.argv[1:3], float(sys.argv[3])
sink = av.open(url, "w", format="whip", options={"authorization": token})
sound = sink.add_stream("libopus", rate=48_000, layout="stereo")
x264 = {"profile": "baseline", "bf": "0", "g": "60", "preset": "ultrafast", "tune": "zerolatency"}
pictures = sink.add_stream("libx264", rate=15, options=x264)
pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
resampler = av.AudioResampler("s16", "stereo", 48_000, 960)

tone = av.open("sine=frequency=440:sample_rate=48000", format="lavfi").decode(audio=0)
scene = av.open("testsrc=size=320x240:rate=15", format="lavfi").decode(video=0)
# Like `ffmpeg -re`: the first half second goes at once.
start = time.monotonic() - 0.5
for frame in heapq.merge(tone, scene, key=lambda frame: frame.time):
    if frame.time > seconds:
        break
    time.sleep(max(0, start + frame.time - time.monotonic()))
    if isinstance(frame, av.VideoFrame):
        sink.mux(pictures.encode(frame.reformat(format="yuv420p")))
    else:
        for part in resampler.resample(frame):
            sink.mux(sound.encode(part))
sink.close()
