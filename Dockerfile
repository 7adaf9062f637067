# For development only: the whole system (MongoDB, moto for AWS, the API, the functions) in one container.
# MongoDB's package is for x86_64 alone, so elsewhere Docker emulates it.
# hadolint ignore=DL3029
FROM --platform=linux/amd64 python:3.13-slim-bookworm

# Debian keeps no old versions, so pinned ones would fail to install.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make libcurl4 libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home catalight \
    && mkdir /data /catalight && chown catalight /data /catalight

WORKDIR /catalight
USER 1000
COPY --chown=catalight . .
RUN make .venv/.ready native

# In a container, what is published comes from other addresses: so the API requires keys (make key NAME=…).
ENV HOST=0.0.0.0 PORT=8000 DATA=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --start-period=60s \
    CMD [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["make", "run"]
