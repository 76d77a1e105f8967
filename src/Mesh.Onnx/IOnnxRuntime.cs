namespace Mesh.Onnx;

/// <summary>Something that runs models: the evaluator of this project, or ONNX Runtime where it is found.</summary>
public interface IOnnxRuntime
{
    /// <summary>Name and version, for example <c>mesh 1.0.0</c>.</summary>
    string Name { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="model">Bytes of a <c>.onnx</c> file.</param>
    /// <returns>The loaded model; the caller disposes it.</returns>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH9801</c>, <c>MESH9802</c>: not a sound model; <c>MESH9805</c>: this runtime cannot run it.</exception>
    IOnnxSession Open(ReadOnlyMemory<byte> model);
}
