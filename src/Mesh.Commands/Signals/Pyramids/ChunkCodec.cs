using System.Buffers;
using System.Runtime.InteropServices;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Turns the values of a chunk into bytes and back, without losing a bit of a value that is no gap.</summary>
internal static class ChunkCodec
{
    /// <summary>Most rows of a chunk.</summary>
    public const int MaxRows = 8192;

    /// <summary>Most bytes of a chunk, encoded.</summary>
    public static readonly int MaxBytes = Zstd.MaxCompressedLength(MaxRows * sizeof(double));

    /// <summary>Encodes numbers, NaN for gaps.</summary>
    /// <returns>Encoding and bytes written; a constant writes none and is the first value.</returns>
    public static (ChunkEncoding Encoding, int Bytes) Encode(ReadOnlySpan<double> values, Span<byte> destination)
    {
        bool isEmpty = true, isConstant = true, fitsSingle = true;
        long first = BitConverter.DoubleToInt64Bits(values[0]);
        foreach (double value in values)
        {
            if (double.IsNaN(value))
            {
                isConstant = false;
                continue;
            }

            isEmpty = false;
            long bits = BitConverter.DoubleToInt64Bits(value);
            isConstant &= bits == first;
            fitsSingle = fitsSingle && BitConverter.DoubleToInt64Bits((float)value) == bits;
        }

        if (isEmpty) return (ChunkEncoding.Empty, 0);
        if (isConstant) return (ChunkEncoding.Constant, 0);
        if (!fitsSingle) return Compress(ChunkEncoding.Float64, MemoryMarshal.AsBytes(values), sizeof(double), destination);
        float[] singles = ArrayPool<float>.Shared.Rent(values.Length);
        for (int i = 0; i < values.Length; i++) singles[i] = (float)values[i];
        var encoded = Compress(ChunkEncoding.Float32, MemoryMarshal.AsBytes(singles.AsSpan(0, values.Length)), sizeof(float), destination);
        ArrayPool<float>.Shared.Return(singles);
        return encoded;
    }

    /// <summary>Encodes times in order.</summary>
    public static (ChunkEncoding Encoding, int Bytes) Encode(ReadOnlySpan<long> timesNs, Span<byte> destination)
    {
        long[] steps = ArrayPool<long>.Shared.Rent(timesNs.Length);
        for (int i = timesNs.Length - 1; i > 0; i--) steps[i] = timesNs[i] - timesNs[i - 1];
        steps[0] = timesNs[0];
        var encoded = Compress(ChunkEncoding.Steps, MemoryMarshal.AsBytes(steps.AsSpan(0, timesNs.Length)), sizeof(long), destination);
        ArrayPool<long>.Shared.Return(steps);
        return encoded;
    }

    /// <summary>Decodes numbers.</summary>
    public static void Decode(in ChunkEntry entry, ReadOnlySpan<byte> bytes, Span<double> values, IByteSource file)
    {
        switch (entry.Encoding & ~ChunkEncoding.Compressed)
        {
            case ChunkEncoding.Empty:
                values.Fill(double.NaN);
                break;
            case ChunkEncoding.Constant:
                values.Fill(BitConverter.Int64BitsToDouble(entry.Offset));
                break;
            case ChunkEncoding.Float64:
                Decompress(entry, bytes, MemoryMarshal.AsBytes(values), sizeof(double), file);
                break;
            case ChunkEncoding.Float32:
                float[] singles = ArrayPool<float>.Shared.Rent(values.Length);
                Decompress(entry, bytes, MemoryMarshal.AsBytes(singles.AsSpan(0, values.Length)), sizeof(float), file);
                for (int i = 0; i < values.Length; i++) values[i] = singles[i];
                ArrayPool<float>.Shared.Return(singles);
                break;
            default:
                throw PyramidFooter.Damaged(file, $"a chunk of numbers has encoding {entry.Encoding}");
        }
    }

    /// <summary>Decodes times.</summary>
    public static void Decode(in ChunkEntry entry, ReadOnlySpan<byte> bytes, Span<long> timesNs, IByteSource file)
    {
        if ((entry.Encoding & ~ChunkEncoding.Compressed) != ChunkEncoding.Steps) throw PyramidFooter.Damaged(file, $"a chunk of times has encoding {entry.Encoding}");
        Decompress(entry, bytes, MemoryMarshal.AsBytes(timesNs), sizeof(long), file);
        for (int i = 1; i < timesNs.Length; i++) timesNs[i] += timesNs[i - 1];
    }

    private static (ChunkEncoding Encoding, int Bytes) Compress(ChunkEncoding encoding, ReadOnlySpan<byte> plain, int width, Span<byte> destination)
    {
        if (Zstd.IsNative)
        {
            byte[] transposed = ArrayPool<byte>.Shared.Rent(plain.Length);
            Transpose(plain, transposed, width);
            int bytes = Zstd.Compress(transposed.AsSpan(0, plain.Length), destination);
            ArrayPool<byte>.Shared.Return(transposed);

            // What hardly shrinks is quicker to read as it is.
            if (bytes < plain.Length - (plain.Length >> 3)) return (encoding | ChunkEncoding.Compressed, bytes);
        }

        plain.CopyTo(destination);
        return (encoding, plain.Length);
    }

    private static void Decompress(in ChunkEntry entry, ReadOnlySpan<byte> bytes, Span<byte> plain, int width, IByteSource file)
    {
        if ((entry.Encoding & ChunkEncoding.Compressed) == 0)
        {
            if (bytes.Length != plain.Length) throw PyramidFooter.Damaged(file, $"a chunk has {bytes.Length} bytes where {plain.Length} belong");
            bytes.CopyTo(plain);
            return;
        }

        byte[] transposed = ArrayPool<byte>.Shared.Rent(plain.Length);
        if (!Zstd.TryDecompress(bytes, transposed.AsSpan(0, plain.Length), out int written) || written != plain.Length) throw PyramidFooter.Damaged(file, "a chunk cannot be decompressed");
        int values = plain.Length / width;
        for (int place = 0; place < width; place++)
        {
            var from = transposed.AsSpan(place * values, values);
            for (int i = 0; i < from.Length; i++) plain[(i * width) + place] = from[i];
        }

        ArrayPool<byte>.Shared.Return(transposed);
    }

    private static void Transpose(ReadOnlySpan<byte> plain, Span<byte> transposed, int width)
    {
        int values = plain.Length / width;
        for (int place = 0; place < width; place++)
        {
            var to = transposed.Slice(place * values, values);
            for (int i = 0; i < to.Length; i++) to[i] = plain[(i * width) + place];
        }
    }
}
