using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>
/// Installs the library of ONNX Runtime for this platform into a folder, one subfolder for each version, and removes it again. The archive
/// is checked against a digest before it is opened. A version's folder appears whole, by a rename, or not at all; what a killed
/// installation leaves behind goes with the next.
/// </summary>
/// <param name="folder">Where versions lie; created when absent. <see cref="OnnxRuntimeSearch.InstalledFolder"/> is where they are found.</param>
/// <param name="report">Told what takes long.</param>
public sealed class OrtInstaller(string folder, Action<string>? report = null)
{
    private const string TemporaryPrefix = ".tmp-";
    private const string ManifestName = "runtime.json";
    private static readonly JsonSerializerOptions ManifestJson = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Installs a version, unless it is there already.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH9854</c>: no digest is known for what is wanted; <c>MESH9855</c>: the archive is not the one the digest is of; <c>MESH9856</c>: npm
    /// is absent or failed; <c>MESH9857</c>: there is no library for this platform; <c>MESH9858</c>: the archive is no such package, or
    /// the folder cannot be written to; <c>MESH9850</c>: the library does not run here.
    /// </exception>
    public async Task<OrtInstallation> InstallAsync(OrtInstallRequest request, CancellationToken cancellationToken)
    {
        string? given = request.Integrity is { } text ? ParseIntegrity(text) : null;
        string? version = request.Version ?? (request.Archive is null ? OrtPackages.DefaultVersion : null);
        if (version is not null) CheckVersion(version);
        string? expected = given ?? (version is null ? null : KnownIntegrity(version));
        try
        {
            Directory.CreateDirectory(folder);
            using var only = Lock();
            foreach (string left in Directory.EnumerateDirectories(folder, TemporaryPrefix + "*")) Directory.Delete(left, recursive: true);
            if (version is not null && Installed(version) is { } present) return present.Integrity == expected ? present : throw OtherBuild(present);

            string temporary = Path.Combine(folder, TemporaryPrefix + Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(temporary);
            try
            {
                return await InstallAsync(request, version, expected, temporary, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9858", $"ONNX Runtime cannot be installed into {folder}: {exception.Message} Free space or name another folder.", innerException: exception);
        }
    }

    /// <summary>What is installed for this platform, newest version first.</summary>
    public IReadOnlyList<OrtInstallation> List() => [.. OrtFiles.Installed(folder).Select(found => Installed(found.Version)).OfType<OrtInstallation>()];

    /// <summary>Removes a version.</summary>
    /// <exception cref="MeshException"><c>MESH9854</c>: it is no version; <c>MESH9859</c>: it is not installed; <c>MESH9858</c>: the folder cannot be written to.</exception>
    public OrtInstallation Remove(string version)
    {
        CheckVersion(version);
        if (Installed(version) is not { } present) throw new MeshException("MESH9859", $"ONNX Runtime {version} is not installed in {folder}. `mesh runtime list` shows what is.");
        try
        {
            using var only = Lock();
            string temporary = Path.Combine(folder, TemporaryPrefix + Guid.NewGuid().ToString("N"));
            Directory.Move(FolderOf(version), temporary);
            Directory.Delete(temporary, recursive: true);
            return present;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9858", $"ONNX Runtime {version} cannot be removed from {folder}: {exception.Message} Make sure nobody uses it, and that the folder is yours.", innerException: exception);
        }
    }

    private async Task<OrtInstallation> InstallAsync(OrtInstallRequest request, string? version, string? expected, string temporary, CancellationToken cancellationToken)
    {
        string archive = request.Archive ?? await FetchAsync(version!, temporary, cancellationToken).ConfigureAwait(false);
        var file = OpenArchive(archive);
        OrtArchiveContent content;
        string library = Path.Combine(temporary, "library");
        await using (file.ConfigureAwait(false))
        {
            string actual = "sha512-" + Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
            expected ??= OrtPackages.Integrity.Values.Contains(actual) ? actual : throw Unknown($"{archive} is no version of {OrtPackages.Name} that is known (it has {actual})");
            if (actual != expected) throw new MeshException("MESH9855", $"{archive} is not the archive that was expected: it has {actual}, expected is {expected}. It was changed on the way, or is of another version.");

            file.Position = 0;
            Directory.CreateDirectory(library);
            content = await OrtArchive.ExtractAsync(file, library, cancellationToken).ConfigureAwait(false);
        }

        if (OrtFiles.InFolder(library) is null)
        {
            string has = content.Platforms.Count == 0 ? "none at all" : string.Join(", ", content.Platforms);
            throw new MeshException("MESH9857", $"{OrtPackages.Name} {content.Version} has no library for {OrtPlatform.Current}; it has {has}. Take another version, or build ONNX Runtime and name it by {OnnxRuntimeSearch.Variable}.");
        }

        if (version is not null && version != content.Version) throw new MeshException("MESH9855", $"{archive} is version {content.Version}, wanted is {version}. Give --version {content.Version}, or the other archive.");
        if (Installed(content.Version) is { } present) return present.Integrity == expected ? present : throw OtherBuild(present);
        AtomicFile.Write(Path.Combine(library, ManifestName), JsonSerializer.SerializeToUtf8Bytes(new Manifest(content.Version, OrtPlatform.Current, expected), ManifestJson));
        Directory.Move(library, FolderOf(content.Version));
        FolderSync.Flush(folder);
        return Try(content.Version);
    }

    private async Task<string> FetchAsync(string version, string temporary, CancellationToken cancellationToken)
    {
        report?.Invoke($"npm fetches {OrtPackages.Name} {version}, about a hundred megabytes ...");
        return await NpmClient.PackAsync($"{OrtPackages.Name}@{version}", temporary, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Loads what was installed; a library this machine cannot load is not left there.</summary>
    private OrtInstallation Try(string version)
    {
        var installed = Installed(version)!;
        try
        {
            _ = new OrtRuntime(installed.Path);
            return installed with { IsNew = true };
        }
        catch (MeshException)
        {
            Directory.Delete(FolderOf(version), recursive: true);
            throw;
        }
    }

    private OrtInstallation? Installed(string version)
    {
        string manifest = Path.Combine(FolderOf(version), ManifestName);
        if (!File.Exists(manifest) || OrtFiles.InFolder(FolderOf(version)) is not { } library) return null;
        try
        {
            var read = JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(manifest), ManifestJson);
            return new OrtInstallation(version, OrtPlatform.Current, read?.Integrity ?? "", library, IsNew: false);
        }
        catch (JsonException)
        {
            return new OrtInstallation(version, OrtPlatform.Current, "", library, IsNew: false);
        }
    }

    private string FolderOf(string version) => Path.Combine(folder, $"{version}-{OrtPlatform.Current}");

    private FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new MeshException("MESH9858", $"Another installation into {folder} is under way. Wait until it is done.", isTransient: true, exception);
        }
    }

    private static FileStream OpenArchive(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 1 << 16 });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9858", $"The archive cannot be read: {exception.Message} Name one that `npm pack {OrtPackages.Name}@{OrtPackages.DefaultVersion}` wrote.", innerException: exception);
        }
    }

    // It becomes the name of a folder.
    private static void CheckVersion(string version)
    {
        if (!OrtArchive.Version().IsMatch(version)) throw new MeshException("MESH9854", $"'{version}' is no version: expected three numbers such as {OrtPackages.DefaultVersion}.");
    }

    private static string ParseIntegrity(string text)
    {
        const string algorithm = "sha512-";
        Span<byte> digest = stackalloc byte[SHA512.HashSizeInBytes];
        return text.StartsWith(algorithm, StringComparison.Ordinal) && Convert.TryFromBase64String(text[algorithm.Length..], digest, out int written) && written == digest.Length
            ? text
            : throw new MeshException("MESH9854", $"'{text}' is no digest: expected sha512- and 88 characters of base64, as `npm view {OrtPackages.Name} dist.integrity` prints it.");
    }

    private static string KnownIntegrity(string version) =>
        OrtPackages.Integrity.TryGetValue(version, out string? integrity)
            ? integrity
            : throw Unknown($"{OrtPackages.Name} {version} is not known; known are {string.Join(", ", OrtPackages.Integrity.Keys)}");

    private static MeshException Unknown(string what) =>
        new("MESH9854", $"{what}. To install it all the same, give its digest by --integrity, from somebody you trust (`npm view {OrtPackages.Name}@VERSION dist.integrity` prints what the registry says).");

    private MeshException OtherBuild(OrtInstallation present) =>
        new("MESH9855", $"ONNX Runtime {present.Version} is installed in {folder} from another archive ({present.Integrity}). `mesh runtime remove onnxruntime --version {present.Version}` removes it first.");

    private sealed record Manifest(string Version, string Platform, string Integrity);
}
