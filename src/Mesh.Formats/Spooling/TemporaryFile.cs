using Mesh.Model;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Formats.Spooling;

/// <summary>A file that only this process sees and that is gone when it is disposed, or when the process ends.</summary>
internal sealed class TemporaryFile : IByteSource
{
    private readonly FileStream stream;

    /// <param name="folder">Where it is made.</param>
    /// <param name="name">Name for messages to people.</param>
    public TemporaryFile(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"mesh-{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete, BufferSize = 0,
            Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        stream = new FileStream(path, options);

        // Without a name the file goes with the process, however that ends.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        Name = name;
    }

    public long Length { get; private set; }

    public string Name { get; }

    private SafeFileHandle Handle => stream.SafeFileHandle;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(Handle, bytes, Length);
        Length += bytes.Length;
    }

    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int read = await RandomAccess.ReadAsync(Handle, buffer[total..], offset + total, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
