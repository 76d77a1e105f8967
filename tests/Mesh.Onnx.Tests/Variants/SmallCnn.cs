namespace Mesh.Onnx.Tests.Variants;

/// <summary>
/// A network of two 3 × 3 convolutions, each rectified and pooled by 2, and a linear layer, with its training by stochastic gradient descent with
/// momentum, in plain loops: enough for a model that was really trained, from a seed.
/// </summary>
internal sealed class SmallCnn
{
    private const int First = 8;
    private const int Second = 16;
    private const int Flat = Second * 16;
    private readonly float[][] weights;
    private readonly float[][] momenta;
    private readonly float[][] gradients;
    private readonly float[] a = new float[First * 256], b = new float[First * 64], c = new float[Second * 64], d = new float[Flat];
    private readonly int[] bFrom = new int[First * 64], dFrom = new int[Flat];

    public SmallCnn(int seed)
    {
        var random = new Random(seed);
        float[] Make(int count, double scale) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * 2 * scale))];
        weights = [Make(First * 9, 0.4), new float[First], Make(Second * First * 9, 0.2), new float[Second], Make(ShapeImages.Classes * Flat, 0.1), new float[ShapeImages.Classes]];
        momenta = [.. weights.Select(array => new float[array.Length])];
        gradients = [.. weights.Select(array => new float[array.Length])];
    }

    public void Train(float[][] images, int[] labels, int epochs, int seed)
    {
        const int batch = 16;
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, images.Length)];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            random.Shuffle(order);
            for (int start = 0; start + batch <= order.Length; start += batch)
            {
                foreach (float[] gradient in gradients) Array.Clear(gradient);
                for (int i = start; i < start + batch; i++) Learn(images[order[i]], labels[order[i]]);
                for (int array = 0; array < weights.Length; array++)
                {
                    for (int i = 0; i < weights[array].Length; i++)
                    {
                        momenta[array][i] = (0.9f * momenta[array][i]) + (gradients[array][i] / batch);
                        weights[array][i] -= 0.02f * momenta[array][i];
                    }
                }
            }
        }
    }

    public ModelProto Export()
    {
        byte[] bytes = new OnnxModelBuilder("shapes", "1").AddInput("image", 1, ShapeImages.Size, ShapeImages.Size)
            .AddInitializer("w1", weights[0], First, 1, 3, 3).AddInitializer("b1", weights[1], First).AddInitializer("w2", weights[2], Second, First, 3, 3).AddInitializer("b2", weights[3], Second)
            .AddInitializer("w3", weights[4], ShapeImages.Classes, Flat).AddInitializer("b3", weights[5], ShapeImages.Classes)
            .AddNode("Conv", ["image", "w1", "b1"], "conv1").AddNode("Relu", ["conv1"], "relu1").AddNode("MaxPool", ["relu1"], "pool1")
            .AddNode("Conv", ["pool1", "w2", "b2"], "conv2").AddNode("Relu", ["conv2"], "relu2").AddNode("MaxPool", ["relu2"], "pool2")
            .AddNode("Flatten", ["pool2"], "flat", ("axis", 1)).AddNode("Gemm", ["flat", "w3", "b3"], "logits", ("transB", 1)).AddOutput("logits", ShapeImages.Classes).Build();
        var graph = Mesh.Onnx.Graph.ModelGraph.Read(bytes);
        foreach (var node in graph.Nodes)
        {
            if (node.OperatorType == "Conv") node.Set("pads", [1L, 1, 1, 1]);
            if (node.OperatorType != "MaxPool") continue;
            node.Set("kernel_shape", [2L, 2]);
            node.Set("strides", [2L, 2]);
        }

        return graph.ToProto();
    }

    private void Learn(float[] image, int label)
    {
        Convolve(image, 1, 16, weights[0], weights[1], a);
        Pool(a, First, 16, b, bFrom);
        Convolve(b, First, 8, weights[2], weights[3], c);
        Pool(c, Second, 8, d, dFrom);
        Span<float> scores = stackalloc float[ShapeImages.Classes];
        float largest = float.MinValue, sum = 0;
        for (int k = 0; k < scores.Length; k++)
        {
            scores[k] = weights[5][k];
            for (int i = 0; i < Flat; i++) scores[k] += weights[4][(k * Flat) + i] * d[i];
            largest = MathF.Max(largest, scores[k]);
        }

        for (int k = 0; k < scores.Length; k++) sum += scores[k] = MathF.Exp(scores[k] - largest);
        float[] flatError = new float[Flat], cError = new float[c.Length], bError = new float[b.Length], aError = new float[a.Length];
        for (int k = 0; k < scores.Length; k++)
        {
            float error = (scores[k] / sum) - (k == label ? 1 : 0);
            gradients[5][k] += error;
            for (int i = 0; i < Flat; i++)
            {
                gradients[4][(k * Flat) + i] += error * d[i];
                flatError[i] += error * weights[4][(k * Flat) + i];
            }
        }

        for (int i = 0; i < Flat; i++) cError[dFrom[i]] += d[i] > 0 ? flatError[i] : 0;
        Backward(b, First, 8, weights[2], cError, Second, gradients[2], gradients[3], bError);
        for (int i = 0; i < b.Length; i++) aError[bFrom[i]] += b[i] > 0 ? bError[i] : 0;
        Backward(image, 1, 16, weights[0], aError, First, gradients[0], gradients[1], null);
    }

    /// <summary>Rectified already; a zero passes no error on.</summary>
    private static void Convolve(float[] input, int channels, int size, float[] kernel, float[] bias, float[] output)
    {
        for (int filter = 0; filter < bias.Length; filter++)
        {
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    float sum = bias[filter];
                    for (int channel = 0; channel < channels; channel++)
                    {
                        for (int ky = Math.Max(0, 1 - y); ky < 3 && y + ky - 1 < size; ky++)
                        {
                            for (int kx = Math.Max(0, 1 - x); kx < 3 && x + kx - 1 < size; kx++) sum += kernel[(((filter * channels) + channel) * 9) + (ky * 3) + kx] * input[(channel * size * size) + ((y + ky - 1) * size) + x + kx - 1];
                        }
                    }

                    output[(((filter * size) + y) * size) + x] = MathF.Max(0, sum);
                }
            }
        }
    }

    private static void Backward(float[] input, int channels, int size, float[] kernel, float[] error, int filters, float[] kernelGradient, float[] biasGradient, float[]? inputError)
    {
        for (int filter = 0; filter < filters; filter++)
        {
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    float own = error[(((filter * size) + y) * size) + x];
                    if (own == 0) continue;
                    biasGradient[filter] += own;
                    for (int channel = 0; channel < channels; channel++)
                    {
                        for (int ky = Math.Max(0, 1 - y); ky < 3 && y + ky - 1 < size; ky++)
                        {
                            for (int kx = Math.Max(0, 1 - x); kx < 3 && x + kx - 1 < size; kx++)
                            {
                                int k = (((filter * channels) + channel) * 9) + (ky * 3) + kx, i = (channel * size * size) + ((y + ky - 1) * size) + x + kx - 1;
                                kernelGradient[k] += own * input[i];
                                if (inputError is not null) inputError[i] += own * kernel[k];
                            }
                        }
                    }
                }
            }
        }
    }

    private static void Pool(float[] input, int channels, int size, float[] output, int[] from)
    {
        int half = size / 2;
        for (int i = 0; i < channels * half * half; i++)
        {
            int channel = i / (half * half), y = i / half % half * 2, x = i % half * 2, best = (((channel * size) + y) * size) + x;
            foreach (int other in (ReadOnlySpan<int>)[best + 1, best + size, best + size + 1])
            {
                if (input[other] > input[best]) best = other;
            }

            output[i] = input[best];
            from[i] = best;
        }
    }
}
