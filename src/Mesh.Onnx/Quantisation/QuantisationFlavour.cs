namespace Mesh.Onnx.Quantisation;

/// <summary>What the quantised model is written for.</summary>
public enum QuantisationFlavour
{
    /// <summary>ONNX Runtime on x86: activations uint8 with a zero point, weights int8 per channel, bias int32.</summary>
    OrtU8S8,
    /// <summary>ONNX Runtime on Arm and elsewhere: as <see cref="OrtU8S8"/> with int8 activations.</summary>
    OrtS8S8,
    /// <summary>TensorRT, explicit quantisation: everything int8 and symmetric (zero point 0), bias in float, pairs at the inputs of layers.</summary>
    TensorRt,
    /// <summary>
    /// Qualcomm's QNN: activations uint8 or uint16 with a zero point, every operator between layers quantised too, fixed steps behind Sigmoid, Softmax
    /// and Tanh, weights int8 per channel, bias int32.
    /// </summary>
    Qnn,
}
