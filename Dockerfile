# docker build -t catscan .                          serves on the CPU
# docker build -t catscan --build-arg DEVICE=gpu .   serves on an NVIDIA GPU (docker run --gpus all …)

FROM python:3.11-slim-bookworm AS build
ARG DEVICE=cpu
# Unchecked: the code in a container never changes, so its bytecode need not be compared with the source at each start.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH UV_SYSTEM_CERTS=1

WORKDIR /srv/requirements
COPY requirements/uv.txt requirements/serve-${DEVICE}.txt requirements/extras.txt ./
# The extras, Redis' client and OpenTelemetry, are 14 MB of all.
# libclang and TensorFlow's C++ headers serve only to compile against TensorFlow, setuptools and wheel only to install:
# nothing imports them.
RUN pip install --no-cache-dir --require-hashes -r uv.txt \
 && python -m venv --without-pip /opt/venv \
 && uv pip install --python /opt/venv --no-cache --compile-bytecode --require-hashes -r serve-${DEVICE}.txt -r extras.txt \
 && uv pip uninstall --python /opt/venv libclang setuptools wheel \
 && rm -r /opt/venv/lib/python3.11/site-packages/tensorflow/include

WORKDIR /srv/catscan
COPY app app
COPY model model
# A checkout made under a strict umask must still be readable by the container's ordinary user.
RUN python -m compileall -q --invalidation-mode unchecked-hash app model && chmod -R a+rX,go-w .

COPY supply_chain/image_root.py /srv/
RUN python /srv/image_root.py /opt/venv /image


# Python, the libraries that it needs, and the service: no shell, no package manager, no other program.
FROM scratch
COPY --from=build /image /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/catscan /srv/catscan

# With --read-only, /dev/shm is the one folder every engine leaves writable.
ENV PATH=/opt/venv/bin LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/dev/shm \
    CATSCAN_HOST=0.0.0.0 CATSCAN_PORT=8000
WORKDIR /srv/catscan
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import httpx, os; httpx.get(f'http://127.0.0.1:{os.environ[\"CATSCAN_PORT\"]}/health/ready', timeout=4, trust_env=False).raise_for_status()"]
ENTRYPOINT ["python", "-m", "app"]
