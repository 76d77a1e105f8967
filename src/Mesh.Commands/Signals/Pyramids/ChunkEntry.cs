using System.Runtime.InteropServices;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Where and how the values of one chunk are kept: 16 bytes in the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct ChunkEntry
{
    /// <summary>Where they begin; the value's bits of <see cref="ChunkEncoding.Constant"/>.</summary>
    public long Offset;

    /// <summary>Bytes in the file.</summary>
    public int Bytes;

    /// <summary>How they are kept.</summary>
    public ChunkEncoding Encoding;
}

/// <summary>How the values of a chunk are kept.</summary>
internal enum ChunkEncoding
{
    /// <summary>No sample has a value.</summary>
    Empty,

    /// <summary>All samples have the same value, none is a gap.</summary>
    Constant,

    /// <summary>Single-precision numbers, which lose nothing of these.</summary>
    Float32,

    /// <summary>Double-precision numbers.</summary>
    Float64,

    /// <summary>Times: the first, then the steps, 64-bit integers.</summary>
    Steps,

    /// <summary>Added to the others: bytes transposed by their place in the value, then one frame of Zstandard.</summary>
    Compressed = 16,
}
