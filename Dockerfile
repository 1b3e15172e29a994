# One image for web server, worker, beat and migrations; docker-compose.yml says which does what.

FROM node:24-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.12-slim AS build
ENV PATH=/opt/venv/bin:$PATH PORTAL_NO_VENV=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/portal
RUN python -m venv /opt/venv
COPY requirements/deploy.txt requirements/
RUN pip install --require-hashes -r requirements/deploy.txt
COPY . .
COPY --from=packages /packages/node_modules node_modules
# The settings below are for this step alone: nothing is connected to, and none of them stays in the image.
RUN python -m ecomwg.embedded.assets --installed \
    && DEMONSTRATION=on SECRET_KEY=for-building-alone DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
       STATIC_ROOT=/srv/static python manage.py collectstatic --noinput \
    && rm -rf node_modules .assets .cache \
    && python -m compileall -q ecomwg documents milestones teams

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PORTAL_NO_VENV=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=ecomwg.settings STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/media
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /srv/portal \
        --shell /usr/sbin/nologin portal \
    && install --directory --owner portal --group portal --mode 0750 /srv/media
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/portal /srv/portal
WORKDIR /srv/portal
USER portal
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "script/probe", "web"]
CMD ["python", "-m", "gunicorn", "--no-control-socket", "ecomwg.wsgi", "-b", "0.0.0.0:8000", \
     "-w", "2", "-k", "gthread", "--threads", "4", "--worker-tmp-dir", "/dev/shm"]
