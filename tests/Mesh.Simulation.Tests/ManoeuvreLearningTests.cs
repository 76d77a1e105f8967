namespace Mesh.Simulation.Tests;

public sealed class ManoeuvreLearningTests
{
    [Fact]
    public void Windows_of_signals_tell_the_manoeuvre_mostly_but_not_always()
    {
        var train = Enumerable.Range(0, 6).SelectMany(seed => Windows(new DriveOptions { Seed = seed, VehicleId = $"V{seed % 3}" })).ToArray();
        var test = Enumerable.Range(100, 3).SelectMany(seed => Windows(new DriveOptions { Seed = seed, VehicleId = "V9" })).ToArray();
        double accuracy = test.Average(window => Nearest(window.Features) == window.Label ? 1.0 : 0);
        double majority = test.GroupBy(window => window.Label).Max(group => group.Count()) / (double)test.Length;

        train.Select(window => window.Label).Distinct().Count().ShouldBe(7);
        majority.ShouldBeLessThan(0.45);
        accuracy.ShouldBeInRange(0.70, 0.97);
        TestContext.Current.TestOutputHelper!.WriteLine($"nearest neighbours {accuracy:0.000}, majority {majority:0.000}");

        int Nearest(double[] features) => train.OrderBy(window => Distance(window.Features, features)).Take(9)
            .GroupBy(window => window.Label).OrderByDescending(group => group.Count()).First().Key;

        static double Distance(double[] a, double[] b) => a.Zip(b).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second));
    }

    [Fact]
    public void Every_manoeuvre_has_a_fair_share_of_driving()
    {
        var share = Enumerable.Range(0, 20).SelectMany(seed => Drive(seed)).GroupBy(segment => segment.Label)
            .ToDictionary(group => group.Key, group => group.Sum(segment => segment.EndNs - segment.StartNs) / 1200e9);
        share.Count.ShouldBe(7);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", share.Select(pair => $"{pair.Key} {pair.Value:0.00}")));
        foreach (var (label, fraction) in share) fraction.ShouldBeInRange(0.04, 0.40, label);

        static IEnumerable<ManoeuvreSegment> Drive(int seed)
        {
            var drive = new DriveSimulator(new DriveOptions { Seed = seed, LidarPoints = 16, CameraHeight = 16, CameraWidth = 16 });
            foreach (var _ in drive.Run())
            {
            }

            return drive.Segments;
        }
    }

    // One second of signals, scaled to about the same spread; the label is that of its middle.
    private static IEnumerable<(double[] Features, int Label)> Windows(DriveOptions options)
    {
        var signals = DriveSignals.Of(options with { LidarPoints = 16, CameraHeight = 16, CameraWidth = 16 });
        double[] forward = signals.Values("/imu", "linear_acceleration", "x"), lateral = signals.Values("/imu", "linear_acceleration", "y");
        double[] yaw = signals.Values("/imu", "angular_velocity", "z"), speed = signals.Values("/wheel_speeds", "speed");
        var labels = signals.Batches["/labels/manoeuvre"]["class_id"].Values<int>().ToArray();
        for (int second = 0; second + 1 <= forward.Length / 100; second++)
        {
            double[] f = forward[(second * 100)..(second * 100 + 100)], l = lateral[(second * 100)..(second * 100 + 100)], y = yaw[(second * 100)..(second * 100 + 100)];
            double[] v = speed[(second * 50)..(second * 50 + 50)];
            yield return ([f.Average(), l.Average(), 8 * y.Average(), 8 * (y[50..].Average() - y[..50].Average()), v.Average() / 6, 2 * (v[45..].Average() - v[..5].Average())],
                labels[second * 10 + 5]);
        }
    }
}
