namespace Mesh.Columnar.Parquet;

/// <summary>Encodings of values (parquet-format, Encodings.md).</summary>
public enum ParquetEncoding
{
    /// <summary>Values as they are.</summary>
    Plain,
    /// <summary>RLE_DICTIONARY: numbers into a table of distinct values. Not for truth values. Plain once the table is too large.</summary>
    Dictionary,
    /// <summary>Runs, for truth values.</summary>
    Rle,
    /// <summary>DELTA_BINARY_PACKED: differences, for 32 and 64 bit integers, dates, times and decimals that are stored as such.</summary>
    DeltaBinaryPacked,
    /// <summary>DELTA_LENGTH_BYTE_ARRAY: lengths apart from bytes, for texts and byte strings.</summary>
    DeltaLengthByteArray,
    /// <summary>DELTA_BYTE_ARRAY: what a text or byte string shares with the one before is left out.</summary>
    DeltaByteArray,
    /// <summary>BYTE_STREAM_SPLIT: first bytes, second bytes and so on, for numbers and values of one length. Old readers know it for floats only.</summary>
    ByteStreamSplit,
}
