using System.Runtime.InteropServices;

namespace Mesh.Onnx.Runtime;

/// <summary>This machine, in the words of npm and .NET.</summary>
internal static class OrtPlatform
{
    private static readonly string Architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>System of this machine as Node.js calls it: <c>linux</c>, <c>darwin</c>, <c>win32</c>.</summary>
    public static string NodeSystem { get; } = OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux";

    /// <summary>This machine as npm's packages call it, for example <c>linux-x64</c>; musl's Linux has no library of ONNX Runtime and a name of its own.</summary>
    public static string Current { get; } =
        RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? $"linux_musl-{Architecture}" : $"{NodeSystem}-{Architecture}";

    /// <summary>This machine as NuGet's packages call it, for example <c>linux-x64</c>.</summary>
    public static string RuntimeIdentifier { get; } = $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{Architecture}";

    /// <summary>Name of the library's file without a version.</summary>
    public static string LibraryName { get; } = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";
}
