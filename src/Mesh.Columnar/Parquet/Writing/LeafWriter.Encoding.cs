using System.Numerics;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Which encoding the leaf's values get. The first page of a chunk is tried: a sample of it is encoded and compressed in every way that fits
/// the type, and the smallest stays, over row groups too, until the data changes.
/// </summary>
internal abstract partial class LeafWriter
{
    private const int LeastSample = 1024;
    private const int LargestSample = 16 << 10;

    /// <summary>As many indices of two bytes as a block of zstd holds: which of them are near each other decides.</summary>
    private const int LargestIndexSample = 64 << 10;

    /// <summary>Fewer values are compared by their encoded size alone: compressing costs more than a wrong choice.</summary>
    private const int LeastWorthCompressing = 128;

    /// <summary>Values after which a dictionary of nearly as many entries is given up.</summary>
    private const int Probation = 4096;

    /// <summary>Longer values are blobs: looking at them costs more than any encoding saves.</summary>
    private const int BlobBytes = 1024;

    /// <summary>A byte to compress costs as much as this share of a byte in the file, so that of two equals the faster one wins.</summary>
    private const double CostOfEncodedByte = 1.0 / 50;

    /// <summary>Part of a dictionary that a page has to pay for at least.</summary>
    private const double LeastDictionaryShare = 0.25;

    /// <summary>Growth of a value's bytes after which a choice is thought over.</summary>
    private const double Outgrown = 1.25;

    private Encoding current;
    private Encoding fallback;
    private bool isSettled;
    private bool hasIndices;
    private IndexWidth indexWidth;
    private int halfCount;
    private int chosenForBits;
    private int chunkOrdinal;
    private double bytesPerEntry;

    /// <summary>Distinct values in the dictionary.</summary>
    protected abstract int DictionaryCount { get; }

    /// <summary>Whether values of the open page could be kept in a dictionary.</summary>
    protected abstract bool CanUseDictionary { get; }

    /// <summary>What every reader knows and is considered beside the dictionary.</summary>
    protected abstract ReadOnlySpan<Encoding> Candidates { get; }

    /// <summary>Whether the column can be encoded so when the options want it.</summary>
    protected abstract bool Supports(Encoding encoding);

    /// <summary>Appends a part of the open page's values, encoded.</summary>
    protected abstract void Encode(Encoding encoding, int from, int count, PageScratch scratch, PooledList<byte> target);

    /// <summary>Finds the dictionary indices of the open page's values from <paramref name="from"/> on.</summary>
    /// <returns>Whether all found room in the dictionary.</returns>
    protected abstract bool TryIndex(int from, Span<int> indices);

    /// <summary>Appends the dictionary's values in plain encoding.</summary>
    protected abstract void WriteDictionary(PooledList<byte> target);

    protected abstract void ForgetDictionary();

    /// <summary>The encoding the options want for the column; null when it is to be found.</summary>
    protected Encoding? Forced()
    {
        if (!Options.Encodings.TryGetValue(Node.Name, out var wanted)) return null;
        var encoding = wanted switch
        {
            ParquetEncoding.Plain => Encoding.Plain,
            ParquetEncoding.Dictionary => Encoding.RleDictionary,
            ParquetEncoding.Rle => Encoding.Rle,
            ParquetEncoding.DeltaBinaryPacked => Encoding.DeltaBinaryPacked,
            ParquetEncoding.DeltaLengthByteArray => Encoding.DeltaLengthByteArray,
            ParquetEncoding.DeltaByteArray => Encoding.DeltaByteArray,
            _ => Encoding.ByteStreamSplit,
        };
        if (encoding == Encoding.RleDictionary ? Node.Field.Type.Kind != TypeKind.Boolean : Supports(encoding)) return encoding;
        throw new MeshException("MESH10920", $"The encoding {wanted} does not fit column '{Node.Name}' of type {Node.Field.Type.Kind}. Take it out of the writer's encodings, or name another.");
    }

    /// <summary>The encoding of the open page, whose indices are in the scratch space when it is that of a dictionary.</summary>
    private Encoding Pick(PageScratch scratch)
    {
        if (Count == 0) return Encoding.Plain;
        if (!isSettled) Settle(scratch);
        if (current != Encoding.RleDictionary) return current;
        if (hasIndices)
        {
            hasIndices = false;
            return current;
        }

        if (!CanUseDictionary || !TryIndexAll(scratch, probation: 0))
        {
            current = fallback;
        }
        else if (IndexBits(IndexWidth.Exact) != chosenForBits)
        {
            ChooseIndexWidth(scratch);
        }

        return current;
    }

    private void Settle(PageScratch scratch)
    {
        isSettled = true;
        if (Forced() is { } forced)
        {
            current = forced;
            fallback = Encoding.Plain;
            return;
        }

        int count = Count;
        int sample = Math.Min(count, Math.Clamp(count / 8, LeastSample, LargestSample));
        int from = (count - sample) / 2;
        current = Encoding.Plain;
        if (ValueBytes / count > BlobBytes) return;
        double least = double.MaxValue;
        foreach (var candidate in Candidates)
        {
            if (!IsAllowed(candidate)) continue;
            scratch.Body.Clear();
            Encode(candidate, from, sample, scratch, scratch.Body);
            double cost = Cost(scratch, sample);
            if (cost >= least) continue;
            current = candidate;
            least = cost;
        }

        fallback = current;
        if (!CanUseDictionary) return;
        double scale = (double)count / sample;
        if (TryIndexAll(scratch, Probation) && DictionaryCount <= count / 2 && DictionaryCost(scratch, sample) < least * scale)
        {
            current = Encoding.RleDictionary;
            hasIndices = true;
            return;
        }

        ForgetDictionary();
    }

    private bool IsAllowed(Encoding encoding) => encoding == Encoding.Plain || Options.ChooseFrom switch
    {
        ParquetEncodings.Classic => false,
        ParquetEncodings.Common => encoding is not (Encoding.DeltaByteArray or Encoding.ByteStreamSplit),
        _ => true,
    };

    /// <summary>Cost of the open page with its dictionary, whose indices get the width that compresses best.</summary>
    private double DictionaryCost(PageScratch scratch, int sample)
    {
        scratch.Body.Clear();
        WriteDictionary(scratch.Body);
        double dictionary = Cost(scratch, sample), indices = ChooseIndexWidth(scratch);

        // Pages that follow a full one share its dictionary, as far as it has stopped growing.
        double share = IsPageFull ? Math.Clamp(2.0 * (DictionaryCount - halfCount) / DictionaryCount, LeastDictionaryShare, 1) : 1;
        return (dictionary * share) + indices;
    }

    /// <returns>Cost of the page's indices.</returns>
    private double ChooseIndexWidth(PageScratch scratch)
    {
        int sample = Math.Min(Count, LargestIndexSample);
        double least = double.MaxValue;
        int lastBits = 0;
        chosenForBits = IndexBits(IndexWidth.Exact);
        for (var width = IndexWidth.Exact; width <= IndexWidth.Bytes; width++)
        {
            int bits = IndexBits(width);
            if (bits == lastBits) continue;
            lastBits = bits;
            scratch.Body.Clear();
            EncodeIndices(scratch.Indices.Span.Slice((Count - sample) / 2, sample), bits, scratch.Body);
            double cost = Cost(scratch, sample);
            if (cost >= least) continue;
            least = cost;
            indexWidth = width;
        }

        return least * Count / sample;
    }

    private static double Cost(PageScratch scratch, int count)
    {
        int encoded = scratch.Body.Length;
        return count < LeastWorthCompressing ? encoded : scratch.TryCompress(scratch.Body.Span) + (encoded * CostOfEncodedByte);
    }

    private bool TryIndexAll(PageScratch scratch, int probation)
    {
        scratch.Indices.Clear();
        var indices = scratch.Indices.Extend(Count);
        if (probation >= indices.Length) probation = 0;
        if (probation > 0 && (!TryIndex(0, indices[..probation]) || DictionaryCount > probation / 10 * 9)) return false;
        int half = Math.Max(probation, indices.Length / 2);
        if (!TryIndex(probation, indices[probation..half])) return false;
        halfCount = DictionaryCount;
        return TryIndex(half, indices[half..]);
    }

    private int IndexBits(IndexWidth width)
    {
        int exact = Math.Max(1, RleEncoder.BitWidth(Math.Max(0, DictionaryCount - 1)));
        return width switch
        {
            IndexWidth.Exact => exact,
            IndexWidth.PowerOfTwo => (int)BitOperations.RoundUpToPowerOf2((uint)exact),
            _ => Math.Max(8, (int)BitOperations.RoundUpToPowerOf2((uint)exact)),
        };
    }

    private static void EncodeIndices(ReadOnlySpan<int> indices, int bits, PooledList<byte> target)
    {
        target.Add((byte)bits);
        RleEncoder.Encode(indices, bits, target);
    }

    /// <summary>Decides whether the choice holds for the next chunk: it is thought over ever more rarely, and whenever values have grown.</summary>
    private void RememberChunk()
    {
        hasIndices = false;
        if (chunkEntries == 0) return;
        double bytes = (double)pages.Length / chunkEntries;
        bool isDue = BitOperations.IsPow2(++chunkOrdinal);
        if (isDue || bytes > bytesPerEntry * Outgrown)
        {
            isSettled = false;
            bytesPerEntry = bytes;
        }
        else if (Forced() is not null)
        {
            isSettled = false;
        }
    }

    /// <summary>Bits of a dictionary index. Codecs look for bytes: indices that share them in always the same way compress better, though there are more bits.</summary>
    private enum IndexWidth
    {
        Exact,
        PowerOfTwo,
        Bytes,
    }
}
