namespace Mesh.Columnar.Parquet;

/// <summary>DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY (Encodings.md, 6 and 7).</summary>
internal static class DeltaByteArrayEncoder
{
    /// <summary>Lengths, packed as differences, then all bytes.</summary>
    /// <param name="bytes">The values side by side.</param>
    /// <param name="ends">Where in <paramref name="bytes"/> each value ends; the first begins at <paramref name="start"/>.</param>
    /// <param name="start">Where the first value begins.</param>
    /// <param name="scratch">Room for integers.</param>
    /// <param name="target">Takes the encoded values.</param>
    public static void EncodeLengths(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, int start, PageScratch scratch, PooledList<byte> target)
    {
        scratch.Lengths.Clear();
        var lengths = scratch.Lengths.Extend(ends.Length);
        int from = start;
        for (int i = 0; i < ends.Length; i++)
        {
            lengths[i] = ends[i] - from;
            from = ends[i];
        }

        DeltaBinaryPackedEncoder.Encode<int>(lengths, target);
        target.Append(bytes[start..from]);
    }

    /// <summary>How many bytes each value shares with the one before it, then what remains, as <see cref="EncodeLengths"/> does.</summary>
    /// <inheritdoc cref="EncodeLengths"/>
    public static void EncodePrefixes(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, int start, PageScratch scratch, PooledList<byte> target)
    {
        scratch.Prefixes.Clear();
        scratch.Lengths.Clear();
        scratch.Suffixes.Clear();
        var prefixes = scratch.Prefixes.Extend(ends.Length);
        var lengths = scratch.Lengths.Extend(ends.Length);
        var previous = ReadOnlySpan<byte>.Empty;
        int from = start;
        for (int i = 0; i < ends.Length; i++)
        {
            var value = bytes[from..ends[i]];
            from = ends[i];
            int shared = value.CommonPrefixLength(previous);
            prefixes[i] = shared;
            lengths[i] = value.Length - shared;
            scratch.Suffixes.Append(value[shared..]);
            previous = value;
        }

        DeltaBinaryPackedEncoder.Encode<int>(prefixes, target);
        DeltaBinaryPackedEncoder.Encode<int>(lengths, target);
        target.Append(scratch.Suffixes.Span);
    }
}
