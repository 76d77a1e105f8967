using Mesh.Model;
using Mesh.Onnx;

namespace Mesh.Commands.OnnxModels;

/// <summary>Where calibration samples come from: a directory of files, or a data product.</summary>
public interface ICalibrationSource
{
    /// <summary>Finds the samples of a model.</summary>
    /// <param name="signature">What the model takes.</param>
    /// <returns>Inputs by name, a batch at a time; the same batches each time they are enumerated.</returns>
    /// <exception cref="MeshException"><c>MESH11091</c> when there are none or they do not fit the model.</exception>
    Task<IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>> OpenAsync(OnnxSignature signature, CancellationToken cancellationToken);

    /// <summary>What goes on record; after <see cref="OpenAsync"/>.</summary>
    CalibrationReport Describe();
}
