using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>
/// ONNX Runtime, by Microsoft, from a library that lies on this machine (<see cref="OnnxRuntimes"/> finds it). Thread-safe; the library
/// stays loaded until the process ends.
/// </summary>
public sealed class OrtRuntime : IOnnxRuntime
{
    private readonly OrtLibrary library;
    private readonly OrtOptions options;

    /// <param name="path">File of the library, for example <c>libonnxruntime.so.1</c>; any version from 1.12 on.</param>
    /// <param name="options">How models are run; null for the defaults.</param>
    /// <exception cref="MeshException"><c>MESH9850</c>: it cannot be loaded, or is no ONNX Runtime that can be used.</exception>
    public OrtRuntime(string path, OrtOptions? options = null)
    {
        this.options = options ?? new OrtOptions();
        library = OrtLibrary.Load(path);
        AvailableProviders = [.. library.GetProviders().Select(OrtProvider.Shorten)];
        var used = this.options.Providers.Select(provider => OrtProvider.Shorten(provider.Name));
        if (this.options.MayUseCpu) used = used.Append(OrtProvider.Cpu);
        Name = $"onnxruntime {library.Version} {string.Join('+', used.Distinct())}";
    }

    /// <summary>
    /// Name, version and the providers that may take nodes, in order of preference, for example <c>onnxruntime 1.27.0 CPU</c> or
    /// <c>onnxruntime 1.27.0 CUDA+CPU</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>Version of the library.</summary>
    public string Version => library.Version;

    /// <summary>Full path of the library's file.</summary>
    public string Path => library.Path;

    /// <summary>
    /// Providers that are built into the library, in its order of preference. That one is built in does not mean that it works here: its
    /// driver, device and further libraries may be missing, which <see cref="Open"/> finds out.
    /// </summary>
    public IReadOnlyList<string> AvailableProviders { get; }

    /// <summary>Loads a model. Its structure is checked before ONNX Runtime, which is native code, sees it.</summary>
    /// <param name="model">Bytes of a <c>.onnx</c> file; not needed afterwards.</param>
    /// <returns>The loaded model; the caller disposes it.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH9801</c>, <c>MESH9802</c>: not a sound model; <c>MESH9805</c>: an operator, or text as an input, cannot be run here;
    /// <c>MESH9851</c>: a provider is not in the library or cannot be used.
    /// </exception>
    public OrtSession Open(ReadOnlyMemory<byte> model)
    {
        var (_, signature) = OnnxModelReader.Read(model.Span);
        if (signature.Inputs.FirstOrDefault(input => !OrtSession.HasRawForm(input.ElementType)) is { } text)
        {
            throw new MeshException("MESH9805", $"The model's input '{text.Name}' is of type {text.ElementType}; only tensors of numbers can be given. Export the model without that input's preprocessing.");
        }

        return new OrtSession(library, signature, model.Span, options, Name);
    }

    IOnnxSession IOnnxRuntime.Open(ReadOnlyMemory<byte> model) => Open(model);
}
