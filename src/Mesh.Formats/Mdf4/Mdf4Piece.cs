using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>Some bytes of a stream, or a hole in it.</summary>
internal sealed class Mdf4Piece
{
    public byte[] Buffer = [];

    /// <summary>Bytes of the stream in <see cref="Buffer"/>.</summary>
    public int Length;

    /// <summary>Offset in the stream of the first byte.</summary>
    public long Logical;

    /// <summary>Position in the file of the first byte, or of the compressed block.</summary>
    public long FileOffset;

    /// <summary>Whether bytes that follow each other here do so in the file.</summary>
    public bool IsLinear;

    /// <summary>Bytes missing behind <see cref="Length"/>.</summary>
    public long Missing;

    /// <summary>Whether <see cref="Missing"/> is exact.</summary>
    public bool IsMissingKnown = true;

    /// <summary>Damage to report when this is used.</summary>
    public DataLoss? Problem;

    /// <summary>Damage found while decompressing.</summary>
    public DataLoss? SecondProblem;

    public byte[] Stored = [];
    public int StoredLength;
    public Mdf4Fragment Fragment;
}
