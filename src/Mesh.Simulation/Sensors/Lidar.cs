using System.Runtime.InteropServices;
using Mesh.Simulation.Vehicle;

namespace Mesh.Simulation.Sensors;

/// <summary>
/// A spinning lidar of 16 rings on the roof: rays meet the ground, house fronts along the road and a vehicle ahead.
/// Points are x, y, z, intensity as little-endian float32 in the sensor's frame.
/// </summary>
internal sealed class Lidar
{
    /// <summary>Bytes from one point to the next.</summary>
    public const int PointBytes = 16;
    private const int Rings = 16;
    private const double MountHeight = 1.8;
    private const double Range = 80;
    private const double HouseLength = 18;

    private readonly SeededRandom noise;
    private readonly double leadDistance;
    private readonly (double Sin, double Cos)[] azimuths;
    private readonly (double Sin, double Cos)[] elevations = new (double, double)[Rings];
    private readonly float[] points;

    public Lidar(DriveOptions options)
    {
        noise = SeededRandom.For(options, "lidar");
        leadDistance = noise.Between(18, 40);
        int columns = Math.Max(1, options.LidarPoints / Rings);
        azimuths = [.. Enumerable.Range(0, columns).Select(column => ExactMath.SinCos(2 * Math.PI * column / columns))];
        // From 17 degrees down to 6 up: the lowest ring meets the road six metres away.
        for (int ring = 0; ring < Rings; ring++) elevations[ring] = ExactMath.SinCos((-17 + 1.53 * ring) * Math.PI / 180);
        points = new float[columns * Rings * 4];
    }

    /// <summary>One sweep; the bytes are valid until the next call.</summary>
    public ReadOnlySpan<byte> Scan(in VehicleState state)
    {
        int used = 0;
        double lead = leadDistance + 0.4 * state.Speed;
        foreach (var (sinAzimuth, cosAzimuth) in azimuths)
        {
            // Horizontal distances to what stands upright in this direction; the ground depends on the ring.
            double front = FrontDistance(in state, sinAzimuth, cosAzimuth);
            double vehicle = cosAzimuth > 0.5 && Math.Abs(sinAzimuth / cosAzimuth * lead) < 0.9 ? lead / cosAzimuth : double.MaxValue;
            for (int ring = 0; ring < Rings; ring++)
            {
                var (sin, cos) = elevations[ring];
                double distance = double.MaxValue;
                float intensity = 0;
                if (sin < 0) (distance, intensity) = (MountHeight / -sin, 12);
                if (front / cos < distance && front * sin / cos < 6) (distance, intensity) = (front / cos, 40);
                if (vehicle / cos < distance && vehicle * sin / cos is > -MountHeight + 0.2 and < -0.3) (distance, intensity) = (vehicle / cos, 90);
                if (distance > Range) continue;
                double range = distance + 0.02 * noise.Normal();
                points[used++] = (float)(range * cos * cosAzimuth);
                points[used++] = (float)(range * cos * sinAzimuth);
                points[used++] = (float)(range * sin);
                points[used++] = intensity * (float)(1 - range / (2 * Range));
            }
        }

        return MemoryMarshal.AsBytes(points.AsSpan(0, used));
    }

    // House fronts stand 12 m to the left and 9 m to the right of the road, with gaps that depend on the distance driven.
    private static double FrontDistance(in VehicleState state, double sinAzimuth, double cosAzimuth)
    {
        double side = sinAzimuth > 0 ? 12 - state.LaneOffset : 9 + state.LaneOffset;
        double across = Math.Abs(sinAzimuth);
        if (across < 0.05) return double.MaxValue;
        double distance = side / across;
        long house = (long)Math.Floor((state.Distance + distance * cosAzimuth) / HouseLength);
        ulong hash = (ulong)house * 0x9E3779B97F4A7C15 + (sinAzimuth > 0 ? 0x5555UL : 0);
        return (hash >> 60) < 11 ? distance : double.MaxValue;
    }
}
