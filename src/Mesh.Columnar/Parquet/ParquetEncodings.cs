namespace Mesh.Columnar.Parquet;

/// <summary>Encodings among which a writer chooses by the data. Dictionaries are always considered.</summary>
public enum ParquetEncodings
{
    /// <summary>Plain only, which every reader there has ever been knows.</summary>
    Classic,
    /// <summary>Also DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY and RLE for truth values: what the engines of today read in pages of either version.</summary>
    Common,
    /// <summary>
    /// Also DELTA_BYTE_ARRAY and BYTE_STREAM_SPLIT (floats), which make files smaller still but are unknown to readers in use: icebird 0.3 does not
    /// read the first in version 1 pages, the vectorised reader of Spark 3 not the second.
    /// </summary>
    All,
}
