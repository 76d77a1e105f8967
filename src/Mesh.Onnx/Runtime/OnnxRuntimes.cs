using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>The runtimes of this machine: Mesh's own evaluator, which is always there, and ONNX Runtime where it is found.</summary>
public static class OnnxRuntimes
{
    /// <summary>Name of Mesh's own evaluator.</summary>
    public const string Evaluator = "mesh";

    /// <summary>Name of ONNX Runtime.</summary>
    public const string OnnxRuntime = "onnxruntime";

    /// <summary>
    /// The runtime of a name, or the best there is: ONNX Runtime where it is found, else the evaluator. A library that somebody named or
    /// that Mesh installed and that cannot be used is an error; one of the system is passed over. What was chosen says so in
    /// <see cref="IOnnxRuntime.Name"/>.
    /// </summary>
    /// <param name="name"><see cref="Evaluator"/>, <see cref="OnnxRuntime"/>, or null for the best.</param>
    /// <param name="search">Where ONNX Runtime is looked for.</param>
    /// <param name="options">How ONNX Runtime runs models; the evaluator has no such options. Providers among them rule the evaluator out.</param>
    /// <param name="evaluator">Makes Mesh's own evaluator.</param>
    /// <exception cref="MeshException"><c>MESH9850</c>: the library cannot be used; <c>MESH9853</c>: there is no such runtime.</exception>
    public static IOnnxRuntime Find(string? name, OnnxRuntimeSearch search, OrtOptions options, Func<IOnnxRuntime> evaluator)
    {
        if (name is not (null or Evaluator or OnnxRuntime)) throw new MeshException("MESH9853", $"There is no runtime '{name}'. Runtimes are {Evaluator} and {OnnxRuntime}.");
        var providers = options.Providers.Where(provider => provider.Name != OrtProvider.Cpu).Select(provider => provider.Name).ToList();
        if (name == Evaluator && providers.Count > 0) throw new MeshException("MESH9853", $"Mesh's own evaluator runs on the CPU, not on {string.Join(", ", providers)}. Take {OnnxRuntime}.");
        if (name == Evaluator) return evaluator();

        foreach (var (path, source) in OrtFiles.Find(search))
        {
            try
            {
                return Load(path, source, search, options);
            }
            catch (MeshException) when (MayBePassedOver(source))
            {
            }
        }

        return name is null && providers.Count == 0
            ? evaluator()
            : throw new MeshException("MESH9853", $"ONNX Runtime was not found. `mesh runtime install onnxruntime` fetches it; the setting onnx.runtime.path or {OnnxRuntimeSearch.Variable} names one that lies elsewhere.");
    }

    /// <summary>Every library of ONNX Runtime there is, in the order of preference. Loads them.</summary>
    public static IReadOnlyList<FoundOnnxRuntime> List(OnnxRuntimeSearch search) => [.. OrtFiles.Find(search).Select(found => Examine(found.Path, found.Source, search))];

    /// <summary>Of what <see cref="List"/> gave the one that <see cref="Find"/> takes, or fails over; null when that is the evaluator.</summary>
    public static FoundOnnxRuntime? Chosen(IReadOnlyList<FoundOnnxRuntime> found) => found.FirstOrDefault(runtime => runtime.Problem is null || !MayBePassedOver(runtime.Source));

    private static bool MayBePassedOver(OnnxRuntimeSource source) => source == OnnxRuntimeSource.System;

    private static FoundOnnxRuntime Examine(string path, OnnxRuntimeSource source, OnnxRuntimeSearch search)
    {
        try
        {
            var runtime = Load(path, source, search, new OrtOptions());
            return new FoundOnnxRuntime(runtime.Path, source, runtime.Version, runtime.AvailableProviders, null);
        }
        catch (MeshException exception)
        {
            return new FoundOnnxRuntime(path, source, null, [], exception.Message);
        }
    }

    private static OrtRuntime Load(string path, OnnxRuntimeSource source, OnnxRuntimeSearch search, OrtOptions options)
    {
        try
        {
            return new OrtRuntime(path, options);
        }
        catch (MeshException exception) when (source == OnnxRuntimeSource.Configured)
        {
            throw new MeshException(exception.Code, $"{search.ConfiguredBy} is '{search.ConfiguredPath}': {exception.Message}", innerException: exception);
        }
    }
}
