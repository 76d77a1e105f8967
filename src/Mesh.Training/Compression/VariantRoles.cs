namespace Mesh.Training.Compression;

/// <summary>What files of a variant are for.</summary>
public static class VariantRoles
{
    /// <summary>The model that the target takes.</summary>
    public const string Model = "model";

    /// <summary>The quantised model as ONNX with QDQ, which behaves as the target's own is expected to; validated in its place.</summary>
    public const string Simulation = "simulation";

    /// <summary>Scales and offsets by tensor.</summary>
    public const string Encodings = "encodings";

    /// <summary>TensorRT's calibration cache.</summary>
    public const string CalibrationCache = "calibration_cache";

    /// <summary>List of calibration inputs for a vendor's tool.</summary>
    public const string InputList = "input_list";

    /// <summary>A calibration input.</summary>
    public const string InputData = "input_data";

    /// <summary>Settings of the program that loads the model.</summary>
    public const string Configuration = "configuration";

    /// <summary>What a vendor's tool made.</summary>
    public const string Compiled = "compiled";

    /// <summary>What a vendor's tool printed.</summary>
    public const string Log = "log";
}
