using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>Collects the hashes of a chunk's distinct values, whose number decides the size of the filter (BloomFilter.md).</summary>
internal sealed class BloomFilterBuilder(double falsePositiveRate)
{
    private readonly ValueDictionary<ulong> hashes = new();

    public long CapacityBytes => hashes.CapacityBytes;

    /// <summary>Notes a value by its plain encoding, without a length.</summary>
    public void Add(ReadOnlySpan<byte> value) => hashes.FindOrAdd(XxHash64.Hash(value), int.MaxValue);

    /// <summary>Appends header and filter.</summary>
    public void Write(PooledList<byte> target)
    {
        int bytes = SplitBlockBloomFilter.BytesFor(hashes.Count, falsePositiveRate);
        var header = new ThriftWriter(target);
        header.BeginStruct();
        header.WriteI32(1, bytes);

        // Algorithm, hash and compression are unions of which one member is defined each: split blocks, XXH64, none.
        for (short union = 2; union <= 4; union++)
        {
            header.BeginStruct(union);
            header.BeginStruct(1);
            header.EndStruct();
            header.EndStruct();
        }

        header.EndStruct();
        var blocks = target.Extend(bytes);
        blocks.Clear();
        foreach (ulong hash in hashes.Values) SplitBlockBloomFilter.Insert(blocks, hash);
    }

    public void Free() => hashes.Free();
}
