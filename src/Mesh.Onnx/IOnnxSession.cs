namespace Mesh.Onnx;

/// <summary>A model that is loaded and can be run. Not thread-safe unless the runtime says so.</summary>
public interface IOnnxSession : IDisposable
{
    /// <summary>What it takes and gives.</summary>
    OnnxSignature Signature { get; }

    /// <summary>What runs it, with version and place, for example <c>mesh 1.0.0</c> or <c>onnxruntime 1.27.0 CPU</c>; goes on record with every result.</summary>
    string Runtime { get; }

    /// <summary>Runs the model once.</summary>
    /// <param name="inputs">By name; every input of the signature.</param>
    /// <param name="outputs">Names wanted, in this order.</param>
    /// <returns>The outputs, in the order of <paramref name="outputs"/>.</returns>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH9804</c>: an input is missing or does not fit; <c>MESH9805</c>: an operator cannot be run here.</exception>
    IReadOnlyList<OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs);
}
