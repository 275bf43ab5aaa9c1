"""Which regions, sizes and images are on offer?"""

from __future__ import annotations

from rehearsal.cloud.wire import Body

REGIONS = {
    "ams3": "Amsterdam 3",
    "blr1": "Bangalore 1",
    "fra1": "Frankfurt 1",
    "lon1": "London 1",
    "nyc1": "New York 1",
    "nyc3": "New York 3",
    "sfo3": "San Francisco 3",
    "sgp1": "Singapore 1",
    "syd1": "Sydney 1",
    "tor1": "Toronto 1",
}
# slug: vcpus, memory in MiB, disk in GiB, transfer in TiB, dollars a month
SIZES = {
    "s-1vcpu-1gb": (1, 1024, 25, 1.0, 6.0),
    "s-1vcpu-2gb": (1, 2048, 50, 2.0, 12.0),
    "s-2vcpu-2gb": (2, 2048, 60, 3.0, 18.0),
    "s-2vcpu-4gb": (2, 4096, 80, 4.0, 24.0),
    "s-4vcpu-8gb": (4, 8192, 160, 5.0, 48.0),
    "s-8vcpu-16gb": (8, 16384, 320, 6.0, 96.0),
}
IMAGES = {"debian-12-x64": "12 x64", "debian-13-x64": "13 x64", "ubuntu-24-04-x64": "24.04 (LTS) x64"}
_HOURS_A_MONTH = 672
_FEATURES = ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"]


def region(slug: str) -> Body:
    """Return a region as the API shows it."""
    return {"name": REGIONS[slug], "slug": slug, "features": _FEATURES, "available": True, "sizes": list(SIZES)}


def size(slug: str) -> Body:
    """Return a size as the API shows it."""
    vcpus, memory_mib, disk_gib, transfer_tib, dollars = SIZES[slug]
    return {
        "slug": slug,
        "memory": memory_mib,
        "vcpus": vcpus,
        "disk": disk_gib,
        "transfer": transfer_tib,
        "price_monthly": dollars,
        "price_hourly": round(dollars / _HOURS_A_MONTH, 5),
        "regions": list(REGIONS),
        "available": True,
        "description": "Basic",
    }


def image(slug: str) -> Body:
    """Return an image as the API shows it."""
    return {
        "id": 100_000_000 + list(IMAGES).index(slug),
        "name": IMAGES[slug],
        "distribution": slug.partition("-")[0].capitalize(),
        "slug": slug,
        "public": True,
        "regions": list(REGIONS),
        "created_at": "2026-08-01T00:00:00Z",
        "min_disk_size": 10,
        "type": "base",
        "size_gigabytes": 0.6,
        "description": f"{slug} image",
        "tags": [],
        "status": "available",
    }
