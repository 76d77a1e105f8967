using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>
/// Writes one level of one signal into its place in the file. Buckets without samples are holes: the file is zero there, which is what an empty
/// bucket looks like.
/// </summary>
internal sealed class LevelSink(SafeFileHandle file, PyramidLevel level)
{
    private const int BufferBuckets = 128;
    private readonly PyramidBucket[] buffer = new PyramidBucket[BufferBuckets];
    private long bufferFirst = -1;
    private int used;

    /// <summary>The level.</summary>
    public PyramidLevel Level => level;

    /// <summary>Adds samples that are not earlier than those before.</summary>
    public void Add(ReadOnlySpan<long> timesNs, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsNaN(values[i])) BucketAt((timesNs[i] >> level.Shift) - level.First).Add(timesNs[i], values[i]);
        }
    }

    /// <summary>Adds buckets of a finer level, the first of which has the number <paramref name="first"/> there.</summary>
    public void Add(PyramidLevel finer, long first, ReadOnlySpan<PyramidBucket> buckets)
    {
        int shift = level.Shift - finer.Shift;
        for (int i = 0; i < buckets.Length; i++)
        {
            if (buckets[i].Count > 0) BucketAt(((first + i) >> shift) - level.First).Add(buckets[i]);
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Flush()
    {
        if (used > 0) RandomAccess.Write(file, MemoryMarshal.AsBytes(buffer.AsSpan(0, used)), level.Offset + (bufferFirst * PyramidReader.BucketBytes));
        Array.Clear(buffer, 0, used);
        used = 0;
    }

    private ref PyramidBucket BucketAt(long index)
    {
        if (used == 0 || index >= bufferFirst + BufferBuckets)
        {
            Flush();
            bufferFirst = index;
        }

        int at = (int)(index - bufferFirst);
        used = Math.Max(used, at + 1);
        return ref buffer[at];
    }
}
