using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Pruning;

/// <summary>Models whose channels depend on each other in all the ways that are followed.</summary>
internal static class PruningModels
{
    /// <summary>Residual, concatenated, depthwise, grouped, split, transposed, squeezed and flattened.</summary>
    public static ModelProto Cnn(int seed)
    {
        var model = new TestModel(seed);
        model.Input("image", -1, 3, 12, 12);
        Convolution(model, "image", "stem_raw", 3, 16);
        Normalisation(model, "stem_raw", "stem_bn", 16).Node("Relu", "stem", ["stem_bn"]);
        Convolution(model, "stem", "deep", 1, 16, group: 16);
        Normalisation(model, "deep", "deep_bn", 16).Node("HardSigmoid", "deep_a", ["deep_bn"]);
        Convolution(model, "deep_a", "point", 16, 24).Node("Sigmoid", "left", ["point"]);
        Convolution(model, "stem", "grouped", 4, 24, group: 4).Node("Relu", "right", ["grouped"]);
        model.Node("Concat", "both", ["left", "right"], OperatorCase.Attribute("axis", 1L));
        Convolution(model, "both", "joined", 48, 16);
        Normalisation(model, "joined", "joined_bn", 16).Node("Add", "sum", ["joined_bn", "stem"]).Node("Relu", "residual", ["sum"]);
        model.Constant("halves", OnnxTensor.Of<long>([8, 8], 2)).Split("first", "second", "residual", "halves").Node("Mul", "product", ["first", "second"]);
        Convolution(model, "product", "narrow", 8, 12).Node("Relu", "narrow_a", ["narrow"]).Node("MaxPool", "pooled", ["narrow_a"], OperatorCase.Attribute("kernel_shape", 2, 2), OperatorCase.Attribute("strides", 2, 2));
        model.Weights("up_w", 0.3, 12, 8, 2, 2).Weights("up_b", 0.2, 8).Node("ConvTranspose", "up", ["pooled", "up_w", "up_b"], OperatorCase.Attribute("strides", 2, 2)).Node("Relu", "up_a", ["up"]);
        model.Node("GlobalAveragePool", "mean", ["up_a"]);
        Convolution(model, "mean", "squeeze", 8, 4, size: 1).Node("Relu", "squeeze_a", ["squeeze"]);
        Convolution(model, "squeeze_a", "excite", 4, 8, size: 1).Node("Sigmoid", "excite_a", ["excite"]).Node("Mul", "scaled", ["up_a", "excite_a"]);
        model.Node("AveragePool", "small", ["scaled"], OperatorCase.Attribute("kernel_shape", 3, 3), OperatorCase.Attribute("strides", 3, 3));
        model.Constant("wanted", OnnxTensor.Of<long>([-1, 128], 2)).Node("Reshape", "flat", ["small", "wanted"]).Weights("w1", 0.2, 32, 128).Weights("b1", 0.2, 32);
        model.Node("Gemm", "hidden", ["flat", "w1", "b1"], OperatorCase.Attribute("transB", 1L)).Node("Relu", "hidden_a", ["hidden"]);
        model.Weights("w2", 0.3, 32, 16).Weights("b2", 0.2, 16).Node("MatMul", "second_raw", ["hidden_a", "w2"]).Node("Add", "second_sum", ["second_raw", "b2"]).Node("Tanh", "second_a", ["second_sum"]);
        model.Weights("w3", 0.3, 16, 4).Weights("b3", 0.1, 4).Node("Gemm", "logits", ["second_a", "w3", "b3"]);
        return model.Output("logits", -1, 4).Build();
    }

    /// <summary>A recurrent network whose only other layer gives the output.</summary>
    public static ModelProto Lstm()
    {
        var model = new TestModel(3);
        model.Input("steps", 5, -1, 6).Weights("w", 0.4, 1, 32, 6).Weights("r", 0.4, 1, 32, 8).Node("LSTM", "all", ["steps", "w", "r"], OperatorCase.Attribute("hidden_size", 8L));
        model.Constant("axes", OnnxTensor.Of<long>([1], 1)).Node("Squeeze", "states", ["all", "axes"]).Weights("head", 0.3, 8, 3).Node("MatMul", "scores", ["states", "head"]);
        return model.Output("scores", 5, -1, 3).Build();
    }

    private static TestModel Convolution(TestModel model, string input, string output, long perGroup, long filters, long group = 1, long size = 3)
    {
        model.Weights($"{output}_w", 0.4, filters, perGroup, size, size).Weights($"{output}_b", 0.3, filters);
        return model.Node("Conv", output, [input, $"{output}_w", $"{output}_b"], OperatorCase.Attribute("pads", size / 2, size / 2, size / 2, size / 2), OperatorCase.Attribute("group", group));
    }

    private static TestModel Normalisation(TestModel model, string input, string output, long channels)
    {
        model.Weights($"{output}_scale", 1, channels).Weights($"{output}_shift", 0.5, channels).Weights($"{output}_mean", 0.5, channels);
        model.Constant($"{output}_var", OnnxTensor.Of<float>([.. Enumerable.Range(0, (int)channels).Select(i => 0.5f + (i % 5 * 0.2f))], channels));
        return model.Node("BatchNormalization", output, [input, $"{output}_scale", $"{output}_shift", $"{output}_mean", $"{output}_var"]);
    }
}
