namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Where the bytes of texts and byte arrays are. Structs, so that loops are compiled for each.</summary>
internal interface IValueBytes
{
    ReadOnlySpan<byte> Get(in RecordTile tile, int row);
}

/// <summary>In the record, always as many.</summary>
internal readonly unsafe struct FixedBytes(int at, int count) : IValueBytes
{
    public ReadOnlySpan<byte> Get(in RecordTile tile, int row) => new(tile.At(row) + at, count);
}

/// <summary>In the record, as many as another channel says (<see cref="MdfChannelType.MaximumLength"/>).</summary>
internal readonly unsafe struct MaximumLengthBytes<TRead, TRaw>(int at, int max, TRead size) : IValueBytes
    where TRead : struct, IRead<TRaw>
    where TRaw : unmanaged
{
    public ReadOnlySpan<byte> Get(in RecordTile tile, int row)
    {
        byte* record = tile.At(row);
        double used = ToDouble<TRaw>.Of(size.Read(record));
        return new ReadOnlySpan<byte>(record + at, used < max ? Math.Max(0, (int)used) : max);
    }
}

/// <summary>Behind the record (<see cref="MdfChannelType.VariableLength"/>).</summary>
internal readonly struct VariableBytes(int index) : IValueBytes
{
    public ReadOnlySpan<byte> Get(in RecordTile tile, int row) => tile.Variable(row, index);
}
