using Mesh.Model;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Synchronise;

/// <summary>A file for what does not fit in memory; it is gone when closed, also by the end of the process.</summary>
internal sealed class SpillFile : IDisposable
{
    private readonly string folder;
    private readonly SafeFileHandle file;
    private long length;

    private SpillFile(string folder, SafeFileHandle file)
    {
        this.folder = folder;
        this.file = file;
    }

    /// <exception cref="MeshException"><c>MESH3001</c>, transient: the folder cannot be written.</exception>
    public static SpillFile Create(string folder)
    {
        SafeFileHandle? file = null;
        try
        {
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, $"synchronise-{Guid.NewGuid():n}.run");
            file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose | FileOptions.Asynchronous);

            // Without a name it cannot outlive a process that is killed; Windows only deletes on close.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            return new SpillFile(folder, file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Unwritable(folder, exception);
        }
    }

    /// <summary>Writes behind what is there.</summary>
    /// <returns>Where it begins.</returns>
    /// <exception cref="MeshException"><c>MESH3001</c>, transient: the folder is full.</exception>
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            long offset = length;
            await RandomAccess.WriteAsync(file, bytes, offset, cancellationToken).ConfigureAwait(false);
            length += bytes.Length;
            return offset;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, exception);
        }
    }

    /// <summary>Fills a buffer.</summary>
    /// <exception cref="MeshException"><c>MESH3002</c>, transient: the file is shorter than it was written.</exception>
    public async ValueTask ReadAsync(long offset, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < bytes.Length)
        {
            int read = await RandomAccess.ReadAsync(file, bytes[filled..], offset + filled, cancellationToken).ConfigureAwait(false);
            if (read == 0) throw new MeshException("MESH3002", "A spilled run is shorter than it was written; the disk lost data. Run the upload again.", isTransient: true);
            filled += read;
        }
    }

    public void Dispose() => file.Dispose();

    private static MeshException Unwritable(string folder, Exception exception) => new(
        "MESH3001", $"Samples waiting for synchronisation cannot be written to '{folder}': {exception.Message} Free space there or give the limits more memory.",
        isTransient: true, exception);
}
