using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Quantisation;

/// <summary>Runs a model on samples and finds the range of each tensor that is to be quantised.</summary>
public sealed class Calibrator(IOnnxRuntime runtime)
{
    /// <summary>Finds the ranges.</summary>
    /// <param name="graph">The float model.</param>
    /// <param name="samples">Inputs by name, a batch at a time; enumerated twice unless the method is <see cref="CalibrationMethod.MinMax"/>.</param>
    /// <param name="options">Which tensors, and how ranges are chosen.</param>
    /// <exception cref="MeshException"><c>MESH9831</c> when there is no sample, or one leads to values that are not finite; what the model throws.</exception>
    public async Task<IReadOnlyDictionary<string, ValueRange>> CalibrateAsync(
        ModelGraph graph, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples, QuantisationOptions options, CancellationToken cancellationToken)
    {
        var names = new QuantisationPlan(graph, options).Watched.Select(value => value.Name).ToList();
        var watched = ModelGraph.Read(graph.ToProto());
        foreach (string name in names)
        {
            if (watched.Find(name) is { IsInput: false }) watched.AddOutput(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxElementType.Float } } });
        }

        using var session = runtime.OpenModel(watched.ToProto());
        var observers = names.ToDictionary(name => name, name => new RangeObserver(name));
        int seen = await PassAsync((observer, tensor) => observer.Limit(tensor.As<float>())).ConfigureAwait(false);
        if (seen == 0) throw new MeshException("MESH9831", "There are no calibration samples. Give some tens to hundreds that look like what the model will see.");
        if (options.Method != CalibrationMethod.MinMax) await PassAsync((observer, tensor) => observer.Count(tensor.As<float>())).ConfigureAwait(false);
        return observers.ToDictionary(pair => pair.Key, pair => pair.Value.HasSeen ? pair.Value.Choose(options) : default);

        async Task<int> PassAsync(Action<RangeObserver, OnnxTensor> observe)
        {
            int count = 0;
            string[] computed = [.. names.Where(name => watched.Find(name) is { IsInput: false })];
            await foreach (var sample in samples.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                count++;
                var values = session.Run(sample, computed);
                for (int i = 0; i < computed.Length; i++) observe(observers[computed[i]], values[i]);
                foreach (string name in names)
                {
                    if (watched.Find(name) is { IsInput: true }) observe(observers[name], sample[name]);
                }
            }

            return count;
        }
    }
}
