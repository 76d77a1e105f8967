namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Where the bytes of texts and byte arrays are.</summary>
internal abstract unsafe class ValueBytes
{
    public abstract ReadOnlySpan<byte> Get(in RecordTile tile, int row);
}

/// <summary>In the record, always as many.</summary>
internal sealed unsafe class FixedBytes(int at, int count) : ValueBytes
{
    public override ReadOnlySpan<byte> Get(in RecordTile tile, int row) => new(tile.At(row) + at, count);
}

/// <summary>In the record, as many as another channel says (<see cref="MdfChannelType.MaximumLength"/>).</summary>
internal sealed unsafe class MaximumLengthBytes<TRead, TRaw>(int at, int max, TRead size) : ValueBytes
    where TRead : struct, IRead<TRaw>
    where TRaw : unmanaged
{
    public override ReadOnlySpan<byte> Get(in RecordTile tile, int row)
    {
        byte* record = tile.At(row);
        double used = ToDouble<TRaw>.Of(size.Read(record));
        return new ReadOnlySpan<byte>(record + at, used < max ? Math.Max(0, (int)used) : max);
    }
}

/// <summary>Behind the record (<see cref="MdfChannelType.VariableLength"/>).</summary>
internal sealed class VariableBytes(int index) : ValueBytes
{
    public override ReadOnlySpan<byte> Get(in RecordTile tile, int row) => tile.Variable(row, index);
}

/// <summary>Makes <see cref="MaximumLengthBytes{TRead,TRaw}"/>.</summary>
internal readonly struct MaximumLengthUse(int at, int max) : IReadUse<ValueBytes>
{
    public ValueBytes Use<TRead, TRaw>(TRead read)
        where TRead : struct, IRead<TRaw>
        where TRaw : unmanaged => new MaximumLengthBytes<TRead, TRaw>(at, max, read);
}
