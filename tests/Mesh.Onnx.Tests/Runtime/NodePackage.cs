using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Mesh.Onnx.Runtime;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Runtime;

/// <summary>Archives like those of <c>npm pack onnxruntime-node</c>, with the library of the installed package.</summary>
internal static class NodePackage
{
    public const string Version = "1.14.0";

    /// <summary>Where the archive has the files of this platform.</summary>
    public static string Here { get; } = $"package/bin/napi-v3/{OrtPlatform.Current.Replace('-', '/')}/";

    /// <summary>Writes an archive with the library of this platform, Node's binding, and a file for another platform.</summary>
    /// <returns>Its digest.</returns>
    public static string Write(string path) => Write(
        path,
        ("package/package.json", PackageJson("onnxruntime-node", Version)),
        ("package/dist/index.js", "module.exports = {};"u8.ToArray()),
        ("package/bin/napi-v3/win32/x64/onnxruntime.dll", "another platform"u8.ToArray()),
        ($"{Here}libonnxruntime.so.{Version}", File.ReadAllBytes(OnnxRuntimeLibrary.File)),
        ($"{Here}onnxruntime_binding.node", "of no use here"u8.ToArray()));

    /// <summary>Writes an archive with the files given.</summary>
    /// <returns>Its digest.</returns>
    public static string Write(string path, params (string Name, byte[] Content)[] files)
    {
        using (var file = File.Create(path))
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            foreach (var (name, content) in files) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return DigestOf(path);
    }

    public static byte[] PackageJson(string name, string version) => Encoding.UTF8.GetBytes($$"""{ "name": "{{name}}", "version": "{{version}}" }""");

    public static string DigestOf(string path) => "sha512-" + Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(path)));
}
