using System.Runtime.InteropServices;
using Xunit;

namespace Mesh.Testing;

/// <summary>
/// ONNX Runtime as Microsoft built it, from npm's onnxruntime-node; or the library that <c>MESH_ONNXRUNTIME</c> names, so that the same tests
/// can be held against any version.
/// </summary>
public static class OnnxRuntimeLibrary
{
    /// <summary>Folder of the npm package; skips the test where it is absent.</summary>
    public static string Package
    {
        get
        {
            string folder = System.IO.Path.Combine(Repository.Root, "tests", "foreign", "node_modules", "onnxruntime-node");
            Assert.SkipUnless(Directory.Exists(folder), "needs the npm packages: run `npm install` in tests/foreign");
            return folder;
        }
    }

    /// <summary>Full path of the library; skips the test where it is absent.</summary>
    public static string File
    {
        get
        {
            if (Environment.GetEnvironmentVariable("MESH_ONNXRUNTIME") is { Length: > 0 } named) return named;
            string system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
            string platform = System.IO.Path.Combine(system, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
            string? library = Directory.EnumerateFiles(Package, "libonnxruntime.*", SearchOption.AllDirectories).FirstOrDefault(file => file.Contains(platform, StringComparison.Ordinal));
            Assert.SkipWhen(library is null, $"needs ONNX Runtime for {platform}, which the npm package does not have");
            return library!;
        }
    }
}
