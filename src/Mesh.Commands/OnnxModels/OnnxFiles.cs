using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Npy;

namespace Mesh.Commands.OnnxModels;

/// <summary>Reads and writes model and tensor files.</summary>
public static class OnnxFiles
{
    /// <summary>Protobuf's own limit.</summary>
    private const long MaxModelBytes = int.MaxValue;

    /// <summary>A file's bytes.</summary>
    /// <exception cref="MeshException"><c>MESH11090</c> when it cannot be read or is too large.</exception>
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxModelBytes } large) throw new MeshException("MESH11090", $"{path} has {large.Length:N0} bytes; models and tensors of up to {MaxModelBytes:N0} can be read.");
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11090", $"{path} cannot be read: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>A tensor from a <c>.npy</c> file.</summary>
    /// <exception cref="MeshException"><c>MESH11090</c>, or <c>MESH9823</c> with the file's name.</exception>
    public static async Task<OnnxTensor> ReadTensorAsync(string path, CancellationToken cancellationToken)
    {
        byte[] bytes = await ReadAsync(path, cancellationToken).ConfigureAwait(false);
        try
        {
            return NpyFile.Read(bytes);
        }
        catch (MeshException exception) when (exception.Code == "MESH9823")
        {
            throw new MeshException(exception.Code, $"{path}: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Writes a file, which appears whole or not at all.</summary>
    /// <exception cref="MeshException"><c>MESH11090</c> when it cannot be written.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            await File.WriteAllBytesAsync(temporary, bytes, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new MeshException("MESH11090", $"{path} cannot be written: {exception.Message}", innerException: exception);
        }
    }
}
