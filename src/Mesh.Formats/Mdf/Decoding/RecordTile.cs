using System.Runtime.CompilerServices;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>
/// A few hundred records, few enough for the cache to hold them while every channel takes its values from them. Whoever makes a tile has checked
/// that each record has its fixed bytes and vouches for the memory staying in place.
/// </summary>
internal readonly unsafe ref struct RecordTile
{
    /// <summary>Most records of a tile.</summary>
    public const int MaxRows = 1024;

    private readonly byte* first;
    private readonly MessageRef* refs;
    private readonly int* variable;
    private readonly int variableCount;

    /// <summary>Records at a constant distance.</summary>
    public RecordTile(byte* first, nint stride, int count)
    {
        this.first = first;
        Stride = stride;
        Count = count;
    }

    /// <summary>Records anywhere in <paramref name="data"/>.</summary>
    public RecordTile(byte* data, MessageRef* refs, int count)
    {
        first = data;
        this.refs = refs;
        Count = count;
    }

    /// <summary>The same records with the places of their variable-length values: per record and value, its position in the data and its length.</summary>
    public RecordTile(RecordTile rows, byte* data, int* variable, int variableCount)
    {
        this = rows;
        Data = data;
        this.variable = variable;
        this.variableCount = variableCount;
    }

    public int Count { get; }

    public bool IsStrided => refs == null;

    public byte* First => first;

    /// <summary>Bytes from one record to the next.</summary>
    public nint Stride { get; }

    private byte* Data { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(int row) => refs == null ? first + (row * Stride) : first + refs[row].Offset;

    public ReadOnlySpan<byte> Variable(int row, int index)
    {
        int* place = variable + (2 * ((row * variableCount) + index));
        return new ReadOnlySpan<byte>(Data + place[0], place[1]);
    }
}
