using System.Formats.Tar;
using Mesh.Model;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff;

/// <summary>A bundle as one stream, for the way from a server: a POSIX tar with files only.</summary>
public static class HandoffArchive
{
    private const long MaxBytes = 64L << 30;
    private const int MaxFiles = 1_000_000;

    /// <summary>Writes a folder.</summary>
    public static async Task WriteAsync(string folder, Stream target, CancellationToken cancellationToken)
    {
        var writer = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var (name, _) in new BundleFolder(folder).List())
            {
                var content = File.OpenRead(Path.Combine(folder, name));
                await using (content.ConfigureAwait(false))
                {
                    await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch }, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Unpacks into a folder, which appears whole or not at all.</summary>
    /// <exception cref="MeshException"><c>MESH9501</c> the target is there; <c>MESH9508</c> what arrives is no bundle.</exception>
    public static async Task ExtractAsync(Stream source, string target, CancellationToken cancellationToken)
    {
        target = Path.GetFullPath(target);
        HandoffWriter.RequireFree(target);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            var reader = new TarReader(source, leaveOpen: true);
            await using (reader.ConfigureAwait(false))
            {
                (long bytes, int files) = (0, 0);
                while (await reader.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                {
                    bytes += entry.Length;
                    // The server is trusted with what it says, not with where it is written.
                    if (entry.EntryType != TarEntryType.RegularFile || !BundleFolder.IsPlain(entry.Name)) throw new MeshException("MESH9508", $"The server sends '{entry.Name}', which is no file of a bundle.");
                    if (bytes > MaxBytes || ++files > MaxFiles) throw new MeshException("MESH9508", $"The server sends more than {MaxBytes:N0} bytes or {MaxFiles:N0} files.");
                    string path = Path.Combine(temporary, entry.Name);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
                    await using (file.ConfigureAwait(false))
                    {
                        if (entry.DataStream is { } content) await content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                        file.Flush(flushToDisk: true);
                    }
                }
            }

            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(temporary, target);
            FolderSync.Flush(Path.GetDirectoryName(target)!);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new MeshException("MESH9508", $"What the server sends is no bundle: {exception.Message}", innerException: exception);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }
}
