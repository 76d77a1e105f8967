namespace Mesh.Onnx.Quantisation;

/// <summary>A quantised model with what it was made from: enough to write it down for any toolchain.</summary>
public sealed record QuantisedModel
{
    /// <summary>The model in QDQ form.</summary>
    public required ModelProto Model { get; init; }

    /// <summary>The float model after clean-up, whose tensors <see cref="Ranges"/> names: the one that goes with encodings.</summary>
    public required ModelProto Reference { get; init; }

    /// <summary>Range of every tensor that was watched, by name.</summary>
    public required IReadOnlyDictionary<string, ValueRange> Ranges { get; init; }

    /// <summary>The options, with the layers that stayed in float added to those to keep.</summary>
    public required QuantisationOptions Options { get; init; }

    /// <summary>What was done, and how close the outputs are.</summary>
    public required QuantisationReport Report { get; init; }

    /// <summary>Model and report alone.</summary>
    public void Deconstruct(out ModelProto model, out QuantisationReport report) => (model, report) = (Model, Report);
}
