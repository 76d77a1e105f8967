using System.Buffers.Binary;
using Mesh.Broker.Protocol;
using Mesh.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>
/// A file of small entries, each length, CRC-32C and content, from which its owner restores what it keeps in memory. It is written anew
/// from memory on start, whenever most of it is history, and after a failed synchronisation, so that its size follows what is kept and
/// not how often it changed. An entry is there whole or not at all, whatever a crash left.
/// </summary>
internal sealed class EntryLog : IAsyncDisposable
{
    private const int PrefixBytes = 8;
    private const long CompactAboveBytes = 4 << 20;

    private readonly string path;
    private readonly FlushPolicy policy;
    private readonly ILogger logger;
    private readonly Func<IEnumerable<byte[]>> snapshot;
    private readonly Action<SafeFileHandle> sync;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly Lock flushLock = new();
    private SafeFileHandle file = null!;
    private Task? flushing;
    private long length;
    private long compactedLength;

    // Entries appended and synchronised since the start; both only grow.
    private long written;
    private long flushed;

    // After a failed fsync the kernel may have dropped the pages, so only a new file from memory can be trusted.
    private bool suspect;

    private EntryLog(string path, FlushPolicy policy, ILogger logger, Func<IEnumerable<byte[]>> snapshot, Action<SafeFileHandle>? sync)
    {
        this.path = path;
        this.policy = policy;
        this.logger = logger;
        this.snapshot = snapshot;
        this.sync = sync ?? FileSync.Flush;
    }

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">File.</param>
    /// <param name="policy">When an entry counts as written.</param>
    /// <param name="logger">Takes what was lost.</param>
    /// <param name="replay">Takes the content of each entry in order; throws <see cref="InvalidDataException"/> for one that makes no sense.</param>
    /// <param name="snapshot">The entries that say what is kept now; not called while an entry is being applied.</param>
    /// <param name="sync">How the file reaches the disk; given by tests that let it fail.</param>
    public static async ValueTask<EntryLog> OpenAsync(
        string path, FlushPolicy policy, ILogger logger, Action<byte[]> replay, Func<IEnumerable<byte[]>> snapshot, Action<SafeFileHandle>? sync = null)
    {
        var log = new EntryLog(path, policy, logger, snapshot, sync);
        if (File.Exists(path)) await log.LoadAsync(replay).ConfigureAwait(false);
        await log.CompactAsync().ConfigureAwait(false);
        return log;
    }

    /// <summary>Appends an entry.</summary>
    /// <param name="content">Content.</param>
    /// <param name="apply">Makes the change in memory once the entry is in the file, before anything else is appended.</param>
    /// <param name="synchronise">False when it may be synchronised together with a later entry.</param>
    /// <returns>False when it could not be written, or not synchronised; trying again is safe.</returns>
    public async ValueTask<bool> AppendAsync(byte[] content, Action apply, bool synchronise = true)
    {
        byte[] entry = Frame(content);
        long mark;
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (file.IsClosed) return false;
            if (suspect) await CompactAsync().ConfigureAwait(false);
            else if (length > CompactAboveBytes && length > 4 * compactedLength) await TryCompactAsync().ConfigureAwait(false);

            await RandomAccess.WriteAsync(file, entry, length).ConfigureAwait(false);
            length += entry.Length;
            apply();
            mark = ++written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, path, e.Message);
            CutBack();
            return false;
        }
        finally
        {
            writing.Release();
        }

        return !synchronise || await FlushToAsync(mark).ConfigureAwait(false);
    }

    /// <summary>Makes everything appended so far as durable as the flush policy promises.</summary>
    public async ValueTask<bool> FlushAsync()
    {
        if (suspect)
        {
            await writing.WaitAsync().ConfigureAwait(false);
            try
            {
                if (file.IsClosed || (suspect && !await TryCompactAsync().ConfigureAwait(false))) return false;
            }
            finally
            {
                writing.Release();
            }
        }

        return await FlushToAsync(Volatile.Read(ref written)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (file.IsClosed) return;
            sync(file);
            file.Dispose();
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(logger, path, e.Message);
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask<bool> FlushToAsync(long mark)
    {
        if (policy != FlushPolicy.Fsync) return true;
        while (Volatile.Read(ref flushed) < mark)
        {
            if (suspect) return false;
            Task running;
            lock (flushLock) running = flushing ??= FlushOnceAsync();
            await running.ConfigureAwait(false);
        }

        return true;
    }

    private async Task FlushOnceAsync()
    {
        await Task.Yield();
        long upTo = Volatile.Read(ref written);
        try
        {
            sync(Volatile.Read(ref file));
            if (upTo > Volatile.Read(ref flushed)) Volatile.Write(ref flushed, upTo);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A file that was closed because a new one took its place held nothing the new one does not hold.
            if (Volatile.Read(ref flushed) >= upTo) return;
            suspect = true;
            BrokerLog.AppendFailed(logger, path, e.Message);
        }
        finally
        {
            lock (flushLock) flushing = null;
        }
    }

    private async ValueTask LoadAsync(Action<byte[]> replay)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous | FileOptions.SequentialScan);
        byte[] prefix = new byte[PrefixBytes];
        long position = 0;
        bool garbled = false;
        while (stream.Length - position >= PrefixBytes && !garbled)
        {
            await stream.ReadExactlyAsync(prefix).ConfigureAwait(false);
            int size = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (size > stream.Length - position - PrefixBytes) break;
            garbled = size <= 0;
            if (garbled) break;
            byte[] content = new byte[size];
            await stream.ReadExactlyAsync(content).ConfigureAwait(false);
            garbled = Crc32C.Compute(content) != BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(4)) || !TryReplay(replay, content);
            if (!garbled) position += PrefixBytes + size;
        }

        if (position == stream.Length) return;
        BrokerLog.DataLost(logger, stream.Length - position, position, path, "not an intact entry");

        // The end of an entry that was never finished is garbage; anything else may be what somebody looks for.
        if (garbled) File.Copy(path, path + ".set-aside", overwrite: true);
    }

    private static bool TryReplay(Action<byte[]> replay, byte[] content)
    {
        try
        {
            replay(content);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private async ValueTask<bool> TryCompactAsync()
    {
        try
        {
            await CompactAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, path, e.Message);
            return false;
        }
    }

    private async ValueTask CompactAsync()
    {
        string temporary = path + ".tmp";
        long size;
        await using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 64 << 10, FileOptions.Asynchronous))
        {
            foreach (byte[] content in snapshot()) await stream.WriteAsync(Frame(content)).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
            sync(stream.SafeFileHandle);
            size = stream.Length;
        }

        File.Move(temporary, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
        var old = file;
        Volatile.Write(ref file, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous));
        Volatile.Write(ref flushed, written);
        suspect = false;
        length = compactedLength = size;
        old?.Dispose();
    }

    /// <summary>Takes back what a failed write may have left, which the next entry might not cover.</summary>
    private void CutBack()
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            suspect = true;
        }
    }

    private static byte[] Frame(byte[] content)
    {
        byte[] entry = new byte[PrefixBytes + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(entry, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), Crc32C.Compute(content));
        content.CopyTo(entry, PrefixBytes);
        return entry;
    }
}
