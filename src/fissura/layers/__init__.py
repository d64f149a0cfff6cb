"""The layer table of a network: output dimensions, parameters with their formulas, multiply-adds, receptive fields.

One run on an empty image, watched from outside, so that it serves any network made of the usual layers: ``walk``
follows the run, ``describe`` knows each kind of layer, ``field`` what part of the image a cell sees, ``table`` holds
the result.
"""

from fissura.layers.pooling import LogMeanExpPool2d
from fissura.layers.table import LayerRow, LayerTable, Words
from fissura.layers.walk import layer_table

__all__ = ["LayerRow", "LayerTable", "LogMeanExpPool2d", "Words", "layer_table"]
