# docker build -t catscan .                          serves on the CPU
# docker build -t catscan --build-arg DEVICE=gpu .   serves on an NVIDIA GPU (docker run --gpus all …)

FROM python:3.11-slim-bookworm AS build
ARG DEVICE=cpu
# Unchecked: the code in a container never changes, so its bytecode need not be compared with the source at each start.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH UV_SYSTEM_CERTS=1

WORKDIR /srv/requirements
COPY requirements/uv.txt requirements/serve-${DEVICE}.txt requirements/extras.txt ./
# The extras, Redis' client and OpenTelemetry, are 14 MB of all.
# libclang and TensorFlow's C++ headers serve only to compile against TensorFlow: nothing imports them.
RUN pip install --no-cache-dir --require-hashes -r uv.txt \
 && python -m venv --without-pip /opt/venv \
 && uv pip install --python /opt/venv --no-cache --compile-bytecode --require-hashes -r serve-${DEVICE}.txt -r extras.txt \
 && uv pip uninstall --python /opt/venv libclang \
 && rm -r /opt/venv/lib/python3.11/site-packages/tensorflow/include

WORKDIR /srv/catscan
COPY app app
COPY model model
# A checkout made under a strict umask must still be readable by the container's ordinary user.
RUN python -m compileall -q --invalidation-mode unchecked-hash app model && chmod -R a+rX,go-w .


FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin catscan
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/catscan /srv/catscan

# With --read-only, /dev/shm is the one folder every engine leaves writable.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/dev/shm \
    CATSCAN_HOST=0.0.0.0 CATSCAN_PORT=8000
WORKDIR /srv/catscan
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import httpx, os; httpx.get(f'http://127.0.0.1:{os.environ[\"CATSCAN_PORT\"]}/health/ready', timeout=4, trust_env=False).raise_for_status()"]
ENTRYPOINT ["python", "-m", "app"]
