namespace Mesh.Broker.Storage;

/// <summary>Replaces a small file whole: after a crash it holds either the old content or the new.</summary>
internal static class AtomicFile
{
    public static async ValueTask WriteAsync(string path, ReadOnlyMemory<byte> content)
    {
        string temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.Asynchronous))
        {
            await RandomAccess.WriteAsync(file, content, 0).ConfigureAwait(false);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
