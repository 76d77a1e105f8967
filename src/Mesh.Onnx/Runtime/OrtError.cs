namespace Mesh.Onnx.Runtime;

/// <summary>What a call into ONNX Runtime failed with.</summary>
/// <param name="Code">Kind of failure.</param>
/// <param name="Message">ONNX Runtime's own words, as a sentence.</param>
internal readonly record struct OrtError(OrtErrorCode Code, string Message);
