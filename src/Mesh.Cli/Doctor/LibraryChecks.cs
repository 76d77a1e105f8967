using Mesh.Cli.Commands;
using Mesh.Columnar.Compression;
using Mesh.Commands.Configuration;
using Mesh.Onnx.Runtime;

namespace Mesh.Cli.Doctor;

/// <summary>Native libraries: what is missing, what that costs, and the package that has it.</summary>
internal static class LibraryChecks
{
    public static IEnumerable<InstallationCheck> All(Settings? settings)
    {
        yield return Codec("libzstd", Zstd.IsNative, "zstd", "libzstd1");
        yield return Codec("liblz4", Lz4.IsNative, "lz4", "liblz4-1");
        yield return InstallationCheck.Ok("deflate", Deflate.Library == "managed" ? "the framework's own inflater; faster with apt-get install libdeflate0" : $"{Deflate.Library} found");
        yield return InstallationCheck.Ok("bzip2", Bzip2.Library == "managed" ? "managed code; faster with apt-get install libbz2-1.0" : $"{Bzip2.Library} found");
        yield return Kafka();
        if (settings is not null) yield return MachineChecks.Guarded("onnxruntime", () => OnnxRuntime(settings));
    }

    private static InstallationCheck Codec(string library, bool isFound, string codec, string package) => isFound
        ? InstallationCheck.Ok(library, "found")
        : InstallationCheck.Fail(library, $"not found: {codec} is read by slower own code and cannot be written", $"apt-get install {package}");

    private static InstallationCheck Kafka()
    {
        try
        {
            return InstallationCheck.Ok("librdkafka", $"found, version {Mesh.Kafka.NativeClient.Version}");
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or InvalidOperationException or TypeInitializationException)
        {
            return InstallationCheck.Fail("librdkafka", $"cannot be loaded: {exception.Message}", "apt-get install librdkafka1, then build again");
        }
    }

    private static InstallationCheck OnnxRuntime(Settings settings)
    {
        var found = OnnxRuntimes.List(OnnxRuntimeSettings.Read(settings, CommonOptions.EnvironmentVariables()));
        if (OnnxRuntimes.Chosen(found) is not { } chosen) return InstallationCheck.Warn("onnxruntime", "not found: models are run by Mesh's own evaluator, which is slower", "mesh runtime install onnxruntime");
        return chosen.Problem is { } problem
            ? InstallationCheck.Fail("onnxruntime", problem)
            : InstallationCheck.Ok("onnxruntime", $"found, version {chosen.Version} with {string.Join(", ", chosen.Providers)}, {chosen.Path}");
    }
}
