using System.Runtime.CompilerServices;

namespace Mesh.Training.Tracking;

/// <summary>
/// Reads the metrics of a trainer from its <c>metrics.jsonl</c> while it runs. A line counts once its newline is there; a last line without
/// one is a value torn by the trainer's death, unless it is whole JSON when the trainer has ended.
/// </summary>
/// <param name="time">Clock of the pauses between looks.</param>
/// <param name="pause">How long to wait when nothing is new (default: 250 ms).</param>
public sealed class MetricsFollower(TimeProvider time, TimeSpan? pause = null)
{
    /// <summary>Longest line that is read, in bytes; a longer one holds no metrics.</summary>
    public const int MaxLineBytes = 1 << 20;

    private const int BufferBytes = 64 << 10;
    private static readonly TimeSpan DefaultPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Every value of a file, those to come included, until <paramref name="hasEnded"/> says that nobody writes to it any more.</summary>
    /// <param name="path">The file; it need not exist yet.</param>
    /// <param name="hasEnded">Whether the trainer has ended. The file is read to its end once more after that.</param>
    /// <param name="cancellationToken">Stops following.</param>
    public async IAsyncEnumerable<MetricPoint> FollowAsync(string path, Func<bool> hasEnded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in FollowBatchesAsync(path, 0, hasEnded, cancellationToken).ConfigureAwait(false))
        {
            foreach (var point in batch.Points) yield return point;
        }
    }

    /// <summary>As <see cref="FollowAsync"/>, by what is read at once, from a place in the file on.</summary>
    /// <param name="path">The file; it need not exist yet.</param>
    /// <param name="offset">Bytes to leave out: <see cref="MetricsBatch.Offset"/> of the last batch that was taken.</param>
    /// <param name="hasEnded">Whether the trainer has ended.</param>
    /// <param name="cancellationToken">Stops following.</param>
    public async IAsyncEnumerable<MetricsBatch> FollowBatchesAsync(
        string path, long offset, Func<bool> hasEnded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Asked before reading: what was written until then is read.
            bool isLast = hasEnded();
            while (await ReadAsync(path, offset, isLast, cancellationToken).ConfigureAwait(false) is var batch && batch.Offset > offset)
            {
                offset = batch.Offset;
                if (batch.Points.Count > 0) yield return batch;
            }

            if (isLast) yield break;
            await Task.Delay(pause ?? DefaultPause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads what a file has beyond a place, up to some 64 KiB of whole lines.</summary>
    /// <param name="path">The file; when it does not exist there is nothing.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="isComplete">Whether nobody writes any more, so that a last line needs no newline.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Values, and where to go on; the same offset when there is nothing more.</returns>
    public static async Task<MetricsBatch> ReadAsync(string path, long offset, bool isComplete, CancellationToken cancellationToken)
    {
        var points = new List<MetricPoint>();
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new MetricsBatch(points, offset);
        }

        await using var _ = file.ConfigureAwait(false);
        file.Position = offset;
        byte[] buffer = new byte[BufferBytes];
        int length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        int last = buffer.AsSpan(0, length).LastIndexOf((byte)'\n');
        while (last < 0 && length == buffer.Length && length < MaxLineBytes)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
            length += await file.ReadAtLeastAsync(buffer.AsMemory(length), buffer.Length - length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            last = buffer.AsSpan(0, length).LastIndexOf((byte)'\n');
        }

        // A line without an end: passed over piece by piece when it is too long, read when nobody will end it any more.
        int used = last + 1;
        if (last < 0 && length >= MaxLineBytes) return new MetricsBatch(points, offset + length);
        if (last < 0 && isComplete) used = length;
        int from = 0;
        while (from < used)
        {
            int end = buffer.AsSpan(from, used - from).IndexOf((byte)'\n');
            int count = end < 0 ? used - from : end;
            if (count > 0) MetricsLine.Read(buffer.AsMemory(from, count), points);
            from += count + 1;
        }

        return new MetricsBatch(points, offset + used);
    }
}
