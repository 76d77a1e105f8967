using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>Reads the archive of npm's package onnxruntime-node: <c>package/bin/napi-vN/SYSTEM/ARCHITECTURE/FILE</c>.</summary>
internal static partial class OrtArchive
{
    private const long MaxFileBytes = 2L << 30;
    private const long MaxPackageJsonBytes = 1 << 20;

    /// <summary>Writes the files for this platform into a folder, but Node's own binding.</summary>
    /// <exception cref="MeshException"><c>MESH9858</c>: it is no such archive.</exception>
    public static async Task<OrtArchiveContent> ExtractAsync(Stream archive, string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(archive, folder, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException or JsonException)
        {
            throw Broken(exception.Message, exception);
        }
    }

    private static async Task<OrtArchiveContent> ReadAsync(Stream archive, string folder, CancellationToken cancellationToken)
    {
        string? version = null;
        var platforms = new SortedSet<string>(StringComparer.Ordinal);
        var plain = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
        await using (plain.ConfigureAwait(false))
        {
            var tar = new TarReader(plain, leaveOpen: true);
            await using (tar.ConfigureAwait(false))
            {
                while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                {
                    if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is not { } data) continue;
                    if (entry.Name == "package/package.json") version = await ReadVersionAsync(data, cancellationToken).ConfigureAwait(false);
                    var place = Place().Match(entry.Name);
                    if (!place.Success || place.Groups["file"].Value.EndsWith(".node", StringComparison.Ordinal)) continue;
                    string platform = $"{place.Groups["system"].Value}-{place.Groups["architecture"].Value}";
                    platforms.Add(platform);
                    if (platform == OrtPlatform.Current) await WriteAsync(data, Path.Combine(folder, place.Groups["file"].Value), cancellationToken).ConfigureAwait(false);
                }
            }
        }

        return new OrtArchiveContent(version ?? throw Broken("it has no package.json"), platforms);
    }

    private static async Task<string> ReadVersionAsync(Stream data, CancellationToken cancellationToken)
    {
        if (data.Length > MaxPackageJsonBytes) throw Broken("its package.json is too long");
        using var document = await JsonDocument.ParseAsync(data, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString() != OrtPackages.Name
            || !document.RootElement.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.String || !Version().IsMatch(version.GetString()!))
        {
            throw Broken($"its package.json does not say that it is {OrtPackages.Name}");
        }

        return version.GetString()!;
    }

    private static async Task WriteAsync(Stream data, string path, CancellationToken cancellationToken)
    {
        if (data.Length > MaxFileBytes) throw Broken($"{Path.GetFileName(path)} is longer than {ByteSizeText.Format(MaxFileBytes)}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        await using (file.ConfigureAwait(false))
        {
            await data.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }
    }

    private static MeshException Broken(string what, Exception? inner = null) =>
        new("MESH9858", $"The archive is not one of {OrtPackages.Name}: {what.TrimEnd('.')}. `npm pack {OrtPackages.Name}` writes one.", innerException: inner);

    [GeneratedRegex(@"^package/bin/napi-v\d+/(?<system>[a-z0-9]+)/(?<architecture>[a-z0-9]+)/(?<file>[A-Za-z0-9_-][A-Za-z0-9_.-]*)$")]
    private static partial Regex Place();

    [GeneratedRegex(@"^\d+\.\d+\.\d+(-[A-Za-z0-9.-]+)?$")]
    public static partial Regex Version();
}
