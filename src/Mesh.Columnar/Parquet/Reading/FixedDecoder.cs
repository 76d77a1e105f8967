using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads stored values of one width in any encoding but a dictionary's.</summary>
internal sealed class FixedDecoder(PhysicalType type, int width)
{
    private readonly DeltaDecoder? deltas = type is PhysicalType.Int32 or PhysicalType.Int64 ? new DeltaDecoder() : null;
    private readonly ByteArrayDecoder? strings = type == PhysicalType.FixedLenByteArray ? new ByteArrayDecoder() : null;
    private readonly VectorBuffer<byte> stringBytes = new(null);
    private readonly VectorBuffer<int> stringEnds = new(null);
    private Encoding encoding;
    private byte[] page = [];
    private int at;
    private int end;
    private int splitCount;
    private int splitNext;

    public bool TryStart(Encoding encoding, byte[] page, int from, int to)
    {
        this.encoding = encoding;
        this.page = page;
        at = from;
        end = to;
        switch (encoding)
        {
            case Encoding.Plain:
                return true;
            case Encoding.ByteStreamSplit:
                if ((to - from) % width != 0) throw new ParquetDataException("a page of split bytes should hold streams of one length");
                splitCount = (to - from) / width;
                splitNext = 0;
                return true;
            case Encoding.DeltaBinaryPacked when deltas is not null:
                // A page of nulls alone may lack even the header.
                if (from < to) deltas.Reset(page, from, to);
                return true;
            case Encoding.DeltaByteArray when strings is not null:
                strings.Start(encoding, page, from, to);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Fails unless there are as many values left, so that memory may be taken for them.</summary>
    public void Require(int count)
    {
        long left = encoding switch
        {
            Encoding.Plain => (end - at) / width,
            Encoding.ByteStreamSplit => splitCount - splitNext,
            Encoding.DeltaBinaryPacked => at < end ? deltas!.Left : 0,
            _ => long.MaxValue,
        };
        if (count > left) throw new ParquetDataException("a page ends before its last value");
    }

    /// <summary>Fills the span with whole values; <see cref="Require"/> has been called.</summary>
    public void Read(Span<byte> target)
    {
        switch (encoding)
        {
            case Encoding.Plain:
                page.AsSpan(at, target.Length).CopyTo(target);
                at += target.Length;
                break;
            case Encoding.ByteStreamSplit:
                ByteStreamSplit.Join(page.AsSpan(at, end - at), splitCount, splitNext, width, target);
                splitNext += target.Length / width;
                break;
            case Encoding.DeltaBinaryPacked:
                if (type == PhysicalType.Int32) deltas!.Read(MemoryMarshal.Cast<byte, int>(target));
                else deltas!.Read(MemoryMarshal.Cast<byte, long>(target));
                break;
            default:
                ReadStrings(target);
                break;
        }
    }

    public void Dispose()
    {
        stringBytes.Free();
        stringEnds.Free();
    }

    private void ReadStrings(Span<byte> target)
    {
        int count = target.Length / width;
        stringBytes.Begin(0);
        stringEnds.Begin(0);
        strings!.Read(count, stringBytes, stringEnds);
        var ends = stringEnds.Span;
        for (int i = 0; i < ends.Length; i++)
        {
            if (ends[i] != (i + 1) * width) throw new ParquetDataException($"a value should be of {width} bytes");
        }

        stringBytes.Span.CopyTo(target);
    }
}
