"""Open and save photos, with their colours and everything that came with them."""

from fluxroom.photo.color import ColorProfile
from fluxroom.photo.decoded import MAX_PIXELS
from fluxroom.photo.open import open_photo
from fluxroom.photo.photo import Encoding, Metadata, Photo
from fluxroom.photo.save import save_photo

__all__ = ["ColorProfile", "Encoding", "MAX_PIXELS", "Metadata", "Photo", "open_photo", "save_photo"]
