using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>One block of a stream of data, or the place of one that is lost.</summary>
internal readonly record struct Mdf4Fragment
{
    public const byte Plain = 255;

    /// <summary>Position of the block in the file.</summary>
    public long Block { get; init; }

    /// <summary>Position of its data, as stored.</summary>
    public long DataAt { get; init; }

    /// <summary>Bytes as stored.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes in the stream: decompressed, or lost (0 when nothing says how many).</summary>
    public long Bytes { get; init; }

    /// <summary>Offset in the stream of the first byte.</summary>
    public long Logical { get; init; }

    /// <summary>Compression (<c>dz_zip_type</c>), <see cref="Plain"/> for none.</summary>
    public byte Zip { get; init; }

    /// <summary>Bytes of a row of transposed data (<c>dz_zip_parameter</c>).</summary>
    public uint ZipParameter { get; init; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public DataLoss? Problem { get; init; }

    /// <summary>Whether there is no data, only <see cref="Problem"/>.</summary>
    public bool IsLost { get; init; }

    /// <summary>Whether <see cref="Bytes"/> lost bytes are known, so that what follows is at its right place.</summary>
    public bool IsLengthKnown { get; init; }

    public long LogicalEnd => Logical + Bytes;
}
