using Mesh.Model;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Formats.Mdf4;

/// <summary>Values of one variable-length group in a temporary file, so that any of them can be read by its offset. Deleted with this.</summary>
internal sealed class Mdf4SpillFile : IByteSource
{
    private readonly SafeFileHandle handle;
    private readonly byte[] buffer = new byte[256 << 10];
    private int filled;

    public Mdf4SpillFile(string folder)
    {
        Name = Path.Combine(folder, $"mesh-mdf-{Guid.NewGuid():N}.tmp");
        handle = File.OpenHandle(Name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
    }

    public long Length { get; private set; }

    public string Name { get; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > buffer.Length - filled) Complete();
        if (bytes.Length > buffer.Length)
        {
            RandomAccess.Write(handle, bytes, Length);
            Length += bytes.Length;
            return;
        }

        bytes.CopyTo(buffer.AsSpan(filled));
        filled += bytes.Length;
    }

    /// <summary>Writes what is held back.</summary>
    public void Complete()
    {
        RandomAccess.Write(handle, buffer.AsSpan(0, filled), Length);
        Length += filled;
        filled = 0;
    }

    /// <summary>The values by offset.</summary>
    public Mdf4SignalData Open(RecordingReaderOptions options, Mdf4Losses losses)
    {
        bool given = false;
        return new Mdf4SignalData(
            new Mdf4BlockReader(this, losses, long.MaxValue),
            _ =>
            {
                Mdf4Fragment? all = given ? null : new Mdf4Fragment { Bytes = Length, StoredBytes = Length, Zip = Mdf4Fragment.Plain };
                given = true;
                return new(all);
            },
            options, losses);
    }

    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> target, CancellationToken cancellationToken)
    {
        int total = 0;
        while (total < target.Length)
        {
            int read = await RandomAccess.ReadAsync(handle, target[total..], offset + total, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    public ValueTask DisposeAsync()
    {
        handle.Dispose();
        return ValueTask.CompletedTask;
    }
}
