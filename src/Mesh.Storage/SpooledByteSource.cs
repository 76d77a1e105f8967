using Mesh.Model;

namespace Mesh.Storage;

/// <summary>Bytes of a stream that goes forward only (standard input, an upload), copied to a temporary file to be read at any place.</summary>
public sealed class SpooledByteSource : IByteSource
{
    private const int BufferBytes = 1 << 20;
    private const int BuffersPerDiskCheck = 64;

    private readonly FileStream file;

    private SpooledByteSource(FileStream file, string name)
    {
        this.file = file;
        Name = name;
        Length = file.Length;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream; not disposed.</param>
    /// <param name="name">Name for messages to people.</param>
    /// <param name="folder">Folder for the file, which is gone when the source is disposed or the process ends.</param>
    /// <param name="minFreeBytes">Bytes that stay free on the folder's disk.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH8020</c> the disk is full, <c>MESH8021</c> the folder cannot be written, <c>MESH8022</c> anything else.</exception>
    public static async Task<SpooledByteSource> CreateAsync(Stream stream, string name, string folder, long minFreeBytes, CancellationToken cancellationToken)
    {
        FileStream? file = null;
        try
        {
            file = Create(folder);
            byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
            for (int round = 0;; round++)
            {
                if (round % BuffersPerDiskCheck == 0 && new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace < minFreeBytes)
                {
                    throw new MeshException("MESH8020", $"No space left while copying '{name}' to '{folder}': {minFreeBytes} bytes must stay free. Free space there, or name another folder for temporary files.", isTransient: true);
                }


                int read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0) break;
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            await file.FlushAsync(cancellationToken).ConfigureAwait(false);
            return new SpooledByteSource(file, name);
        }
        catch (Exception exception)
        {
            if (file is not null) await file.DisposeAsync().ConfigureAwait(false);
            if (exception is not (IOException or UnauthorizedAccessException)) throw;
            throw LocalFiles.Translate(exception, $"copying '{name}' to '{folder}'");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int read = await RandomAccess.ReadAsync(file.SafeFileHandle, buffer[total..], offset + total, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>A file without a name, gone with the process.</summary>
    internal static FileStream Create(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"mesh-{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete, BufferSize = 0,
            Options = FileOptions.Asynchronous | (OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None),
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);

        // Without a name the file goes with the process, however that ends.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return file;
    }
}
