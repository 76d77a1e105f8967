namespace Mesh.Training.Compression.Profiles;

/// <summary>Which generation of Qualcomm's converters a profile is for.</summary>
public enum QnnTools
{
    /// <summary><c>qairt-converter</c> and <c>qairt-quantizer</c>, to a DLC.</summary>
    Qairt,
    /// <summary><c>qnn-onnx-converter</c>, to C++ and weights.</summary>
    Qnn,
}
