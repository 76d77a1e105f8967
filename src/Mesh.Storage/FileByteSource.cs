using Mesh.Model;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Storage;

/// <summary>A local file, read at any place.</summary>
public sealed class FileByteSource : IByteSource
{
    private readonly SafeFileHandle handle;

    /// <summary>Opens a file.</summary>
    /// <exception cref="MeshException"><c>MESH8010</c> when it cannot be opened; the message says why.</exception>
    public FileByteSource(string path)
    {
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
            Length = RandomAccess.GetLength(handle);
            Name = path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH8010", $"Cannot open '{path}': {exception.Message} Check the path and its permissions.", innerException: exception);
        }
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int read = await RandomAccess.ReadAsync(handle, buffer[total..], offset + total, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        handle.Dispose();
        return ValueTask.CompletedTask;
    }
}
